import { systemClock } from '../../shared/clock.ts';
import { BuiltInGame } from '../../web/game/built-in-game.ts';
import { GameWork, type Part, USEFUL_MS } from '../../web/game/game-work.ts';
import type { FrameStream } from '../../web/sdk/p2c2r.ts';
import type { Quality } from '../../web/sdk/types.ts';
import { join, sleep } from './gamer.ts';

/** Longer than any part's result is useful. */
const DRAIN_MS = 1_000;

/** What became of a request of the game: how long it took, ms; infinite while there is no result. */
interface Outcome {
  part: Part;
  tookMs: number;
}

let stream: FrameStream | null = null;
let outcomes: Outcome[] = [];

/** Runs the built-in game as the gamer page does: a volunteer makes detail of its frames and computes its tasks. */
export async function play(quality: Quality): Promise<void> {
  const client = await join();
  const work = new GameWork(systemClock);
  const run: GameWork['run'] = async (request) => {
    const outcome = { part: request.part, tookMs: Number.POSITIVE_INFINITY };
    outcomes.push(outcome);
    const startMs = systemClock.now();
    const result = await work.run(request);
    if (result) outcome.tookMs = systemClock.now() - startMs;
    return result;
  };
  work.useClient(client);
  const canvas = document.createElement('canvas');
  document.body.append(canvas);
  const game = new BuiltInGame(canvas, { work: run });
  await game.ready;
  stream = await client.openStream(game.source, { quality, maxFps: 60 });
  document.body.append(stream.canvas);
}

/** By part, the times of the tasks that the game requests in the next `durationMs`, and the stream's figures meanwhile. */
export async function watch(durationMs: number) {
  if (!stream) throw new Error('The game does not run: call play first.');
  outcomes = [];
  const before = stream.stats().framesWithDetail;
  await sleep(durationMs);
  const stats = stream.stats();
  const requested = outcomes;
  outcomes = [];
  await sleep(DRAIN_MS);
  const tasks = requested.map(({ part, tookMs }) => ({ part, tookMs, isInTime: tookMs <= USEFUL_MS[part] }));
  const detailFps = (1_000 * (stats.framesWithDetail - before)) / durationMs;
  return { tasks, detailFps, detailP95Ms: stats.detailAgeMs.p95, quality: stats.quality };
}
