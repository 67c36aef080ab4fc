import * as Comlink from 'comlink';
import { systemClock } from '../../../shared/clock.ts';
import { canvasEngine } from '../upscale/test-frame-engine.ts';
import { StreamRegistry } from './stream-registry.ts';
import { openFrames } from './test-frame-ledger.ts';
import { gamerApi } from './test-gamer-api.ts';

/** The streams of the gamer's worker, without a GPU. */
Comlink.expose({ openFrames, ...gamerApi(new StreamRegistry(async () => canvasEngine, systemClock, Math.random)) });
