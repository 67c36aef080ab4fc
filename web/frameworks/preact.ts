import { useEffect, useRef, useState } from 'preact/hooks';
import { GamerClient } from '../sdk/p2c2r.ts';
import { createHooks } from './hooks.ts';

// The entry `p2c2r/preact`: the hooks of `p2c2r/react` for Preact 10 or newer, which need no preact/compat.
export const { useMesh, useSharpened } = createHooks({ useEffect, useRef, useState }, GamerClient.connect);
export type { MeshOptions, PictureRef, SharpenedOptions } from './hooks.ts';
export type { MeshState } from './mesh-connection.ts';
export type { Picture, SharpenedState } from './sharpened-picture.ts';
