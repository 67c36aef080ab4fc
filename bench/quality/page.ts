import { Anime4k } from './anime4k.ts';
import {
  aliasedExamples,
  boxExamples,
  type Clip,
  clipExamples,
  type Examples,
  pannedExamples,
  type Still,
} from './examples.ts';
import type { Scores } from './scoring.worker.ts';
import { ScoringPool } from './scoring-pool.ts';

export type Input = 'box' | 'aliased' | 'clip' | 'panned';

interface Measuring {
  input: Input;
  /** Of the coded inputs. */
  kbps: number;
  stills: readonly Still[];
  clip: Clip;
  networkUrls: Readonly<Record<string, string>>;
  /** anime4k-webgpu gets every so many pictures: on a GPU in software it takes seconds. 0: none. */
  anime4kEvery: number;
}

export interface Measured {
  pictures: { name: string; scores: Scores }[];
  /** What the encoder spent. */
  kbps: number | null;
  /** By method; empty without WebGPU. */
  anime4kParameters: Readonly<Record<string, number>>;
}

/** Scores every method on one kind of input. */
export async function measure({ input, kbps, stills, clip, networkUrls, anime4kEvery }: Measuring): Promise<Measured> {
  const pool = new ScoringPool(networkUrls);
  const examples = {
    box: () => boxExamples(stills),
    aliased: () => aliasedExamples(stills),
    panned: () => pannedExamples(stills, kbps),
    clip: () => clipExamples(clip, kbps),
  }[input]();
  try {
    return await scoreAll(examples, pool, anime4kEvery);
  } finally {
    pool.dispose();
  }
}

async function scoreAll(examples: Examples, pool: ScoringPool, anime4kEvery: number): Promise<Measured> {
  const pending: { name: string; scores: Promise<Scores> }[] = [];
  let anime4k: Anime4k | null = null;
  let anime4kParameters: Measured['anime4kParameters'] = {};
  let next = await examples.next();
  try {
    for (; !next.done; next = await examples.next()) {
      const { name, small, truth } = next.value;
      const isTheirs = anime4kEvery > 0 && pending.length % anime4kEvery === 0;
      if (isTheirs) anime4k ??= await Anime4k.open(small.width, small.height);
      const made = (isTheirs && (await anime4k?.run(small))) || {};
      const { scores } = await pool.submit({ small, truth, made });
      pending.push({ name, scores });
    }
    anime4kParameters = anime4k?.parameters ?? {};
  } finally {
    anime4k?.dispose();
  }
  const pictures = await Promise.all(pending.map(async ({ name, scores }) => ({ name, scores: await scores })));
  return { pictures, kbps: next.value?.kbps ?? null, anime4kParameters };
}
