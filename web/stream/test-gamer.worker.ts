import * as Comlink from 'comlink';
import { systemClock } from '../../shared/clock.ts';
import { GamerStreams } from './gamer-streams.ts';
import { canvasEngine } from './test-frame-engine.ts';
import { openFrames } from './test-frame-ledger.ts';
import { gamerApi } from './test-gamer-api.ts';

/** The streams of the gamer's worker, without a GPU. */
Comlink.expose({ openFrames, ...gamerApi(new GamerStreams(async () => canvasEngine, systemClock, Math.random)) });
