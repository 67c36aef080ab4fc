/**
 * Hooks for React 16.8 or newer. Each component that calls `useMesh` has a connection of its own.
 * @module p2c2r/react
 */
import * as React from 'react';
import { GamerClient } from '../sdk/p2c2r.ts';
import { createHooks } from './hooks.ts';

/**
 * Joins a room while the component is mounted.
 *
 * ```jsx
 * const { client, state, volunteers, error } = useMesh({ url: 'https://your-server', room: 'demo' });
 * ```
 *
 * `useSharpened(ref, { client, ...options })` lays the sharpened picture over the canvas or video of a ref.
 *
 * ```jsx
 * const canvas = useRef(null);
 * const { shown, attachment, error } = useSharpened(canvas, { client, renderScale: 0.5, renderer });
 * return <canvas ref={canvas} title={shown.why} />;
 * ```
 */
export const { useMesh, useSharpened } = createHooks(React, GamerClient.connect);
export type { MeshOptions, PictureRef, SharpenedOptions } from './hooks.ts';
export type { MeshState } from './mesh-connection.ts';
export type { Picture, SharpenedState } from './sharpened-picture.ts';
