/**
 * The hooks of `p2c2r/react` for Preact 10 or newer, which need no preact/compat.
 * @module p2c2r/preact
 */
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { GamerClient } from '../sdk/p2c2r.ts';
import { createHooks } from './hooks.ts';

const hooks = createHooks({ useEffect, useMemo, useRef, useState }, GamerClient.connect);

/**
 * As `useMesh` of `p2c2r/react`.
 *
 * @function
 */
export const useMesh = hooks.useMesh;

/**
 * As `useSharpened` of `p2c2r/react`.
 *
 * @function
 */
export const useSharpened = hooks.useSharpened;

export type { MeshOptions, MeshStateWithRetry, PictureRef, SharpenedOptions } from './hooks.ts';
export type { MeshState } from './mesh-connection.ts';
export type { Picture, SharpenedState } from './sharpened-picture.ts';
