import * as Comlink from 'comlink';
import { systemClock } from '../../../shared/clock.ts';
import { canvasComposer } from '../compose/test-composer.ts';
import { canvasEngine } from '../upscale/test-frame-engine.ts';
import { noUpscaleTile } from '../verify/test-upscale-tile.ts';
import { StreamRegistry } from './stream-registry.ts';
import { openFrames } from './test-frame-ledger.ts';

const api = {
  openFrames,
  streams: Comlink.proxy(
    new StreamRegistry({
      engine: async () => canvasEngine,
      upscaleTile: noUpscaleTile,
      openComposer: async () => canvasComposer(),
      clock: systemClock,
      random: Math.random,
    }),
  ),
};

/** The streams of the gamer's worker, without a GPU. */
export type TestGamerApi = typeof api;

Comlink.expose(api);
