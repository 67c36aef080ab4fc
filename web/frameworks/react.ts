/**
 * Hooks for React 16.8 or newer.
 *
 * ```jsx
 * function Game() {
 *   const canvas = useRef(null);
 *   const { client, error } = useMesh({ url: 'https://your-server', room: 'demo' });
 *   const { shown } = useSharpened(canvas, { client, renderScale: 0.5, renderer });
 *   return <canvas ref={canvas} title={error?.message ?? shown.why} />;
 * }
 * ```
 *
 * @module p2c2r/react
 */
import * as React from 'react';
import { GamerClient } from '../sdk/p2c2r.ts';
import { createHooks } from './hooks.ts';

const hooks = createHooks(React, GamerClient.connect);

/**
 * Joins a room while the component is mounted, and returns the client and its state. Each component that calls it has a connection of its own: call it where
 * the component lives as long as the game, and pass the client down. `null` in place of options does not join yet.
 *
 * @function
 */
export const useMesh = hooks.useMesh;

/**
 * Lays the sharpened picture over the canvas or video of a ref, as long as both are mounted, and returns whether it is shown, and why not.
 *
 * @function
 */
export const useSharpened = hooks.useSharpened;

export type { MeshOptions, MeshStateWithRetry, PictureRef, SharpenedOptions } from './hooks.ts';
export type { MeshState } from './mesh-connection.ts';
export type { Picture, SharpenedState } from './sharpened-picture.ts';
