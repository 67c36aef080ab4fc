import { wrap } from 'comlink';
import { imageDataOf } from '../../web/compare/scenes.ts';
import { flight, standing } from '../../web/game/game-sequences.ts';
import { Anime4kRunner } from '../quality/anime4k.ts';
import { codedFrames, type Input, pannedExamples, type Still, stillExamples } from '../quality/examples.ts';
import type { ScoreJob, Scorer, Scores } from '../quality/scoring.worker.ts';

interface Measuring {
  input: Input;
  /** Bitrate of pictures that go through a codec first; null for others. */
  kbps: number | null;
  stills: readonly Still[];
  /** anime4k-webgpu gets one picture in this many: on a software GPU each takes seconds. */
  anime4kEvery: number;
}

export interface Measured {
  pictures: { game: string; scores: Scores }[];
  /** What the encoder spent. */
  kbps: number | null;
}

/** Scores every method on one kind of input. */
export async function measure({ input, kbps, stills, anime4kEvery }: Measuring): Promise<Measured> {
  const examples = kbps === null ? stillExamples(stills, input) : pannedExamples(stills, input, kbps);
  const anime4k = await Anime4kRunner.open();
  // Two workers in turn, since scoring a picture takes seconds.
  const scorers = [newScorer(), newScorer()];
  const pending: { game: string; scores: Promise<Scores> }[] = [];
  try {
    let next = await examples.next();
    for (; !next.done; next = await examples.next()) {
      const { game, small, truth } = next.value;
      const made = (pending.length % anime4kEvery === 0 && (await anime4k?.run(small))) || {};
      const scores = Promise.resolve(scorers[pending.length % scorers.length]?.score({ small, truth, made }) ?? {});
      // Another picture may still be prepared when this one fails.
      scores.catch(() => {});
      pending.push({ game, scores });
    }
    const pictures = await Promise.all(pending.map(async ({ game, scores }) => ({ game, scores: await scores })));
    return { pictures, kbps: next.value?.kbps ?? null };
  } finally {
    anime4k?.dispose();
    for (const { worker } of scorers) worker.terminate();
  }
}

const GAME = { size: { width: 320, height: 180 }, frames: 12, kbps: 1_000 };

export interface GameMeasured {
  /** Measurements of the last frame of a flight. */
  measured: Measured;
  /** While the camera stands, by method; `coded` after H.264. */
  flicker: Record<'raw' | 'coded', Record<string, number | null>>;
}

/** Scores every method, and a temporal upscale, on our own game. */
export async function measureGame(): Promise<GameMeasured> {
  const scorer = newScorer();
  const anime4k = await Anime4kRunner.open();
  try {
    const { small, truth, temporal } = await flight(GAME.size, async () => {});
    const scores = await scorer.score({ small, truth, made: { ...(await anime4k?.run(small)), taau: temporal } });
    const frames = [...standing(GAME.size, GAME.frames)];
    const raw = await scorer.flicker(frames.map((each) => ({ ...each, made: { taau: each.temporal } })));
    const sent = await codedFrames(
      frames.map((each) => imageDataOf(each.small)),
      GAME.kbps,
    );
    const received = sent.frames.flatMap(({ index, image }) => {
      const frame = frames[index];
      return frame ? [{ small: image, truth: frame.truth, made: {} }] : [];
    });
    const coded = await scorer.flicker(received);
    return {
      measured: { pictures: [{ game: 'ours', scores }], kbps: null },
      flicker: { raw, coded },
    };
  } finally {
    anime4k?.dispose();
    scorer.worker.terminate();
  }
}

function newScorer() {
  const worker = new Worker(new URL('../quality/scoring.worker.ts', import.meta.url), { type: 'module' });
  const { score, flicker } = wrap<Scorer>(worker);
  const failed = new Promise<never>((_, reject) => {
    worker.onerror = ({ message }) => reject(new Error(`A worker failed: ${message || 'it did not load'}.`));
  });
  failed.catch(() => {});
  return {
    worker,
    score: (job: ScoreJob) => Promise.race([failed, score(job)]),
    flicker: (frames: readonly ScoreJob[]) => Promise.race([failed, flicker(frames)]),
  };
}
