import { type Remote, wrap } from 'comlink';
import { Anime4kRunner } from '../quality/anime4k-runner.ts';
import {
  aliasedExamples,
  boxExamples,
  type Clip,
  clipExamples,
  type Examples,
  pannedExamples,
  type Still,
} from '../quality/examples.ts';
import type { ScoreJob, Scorer, Scores } from '../quality/scoring.worker.ts';

export type Input = 'box' | 'aliased' | 'clip' | 'panned';

interface Measuring {
  input: Input;
  /** Bitrate of the coded inputs. */
  kbps: number;
  stills: readonly Still[];
  clip: Clip;
  /** anime4k-webgpu gets one picture in this many: on a software GPU each takes seconds. 0: none. */
  anime4kEvery: number;
}

export interface Measured {
  pictures: { name: string; scores: Scores }[];
  /** What the encoder spent. */
  kbps: number | null;
  /** By network; empty without WebGPU. */
  anime4kParameters: Readonly<Record<string, number>>;
}

/** Scores every method on one kind of input. */
export async function measure({ input, kbps, stills, clip, anime4kEvery }: Measuring): Promise<Measured> {
  const examples: Examples = {
    box: () => boxExamples(stills),
    aliased: () => aliasedExamples(stills),
    panned: () => pannedExamples(stills, kbps),
    clip: () => clipExamples(clip, kbps),
  }[input]();
  const pool = new ScoringPool();
  const pending: { name: string; scores: Promise<Scores> }[] = [];
  let anime4k: Anime4kRunner | null = null;
  try {
    let next = await examples.next();
    for (; !next.done; next = await examples.next()) {
      const { name, small, truth } = next.value;
      const isTheirs = anime4kEvery > 0 && pending.length % anime4kEvery === 0;
      if (isTheirs) anime4k ??= await Anime4kRunner.open(small.width, small.height);
      const made = (isTheirs && (await anime4k?.run(small))) || {};
      pending.push({ name, ...(await pool.submit({ small, truth, made })) });
    }
    const pictures = await Promise.all(pending.map(async ({ name, scores }) => ({ name, scores: await scores })));
    return { pictures, kbps: next.value?.kbps ?? null, anime4kParameters: anime4k?.parameters ?? {} };
  } finally {
    anime4k?.dispose();
    pool.dispose();
  }
}

/** Two workers, since scoring a picture takes seconds. */
class ScoringPool {
  readonly #workers: Worker[] = [];
  readonly #idle: Remote<Scorer>[] = [];
  #onIdle = () => {};
  #fail: (cause: Error) => void = () => {};
  readonly #failed = new Promise<never>((_, reject) => {
    this.#fail = reject;
  });

  constructor() {
    this.#failed.catch(() => {});
    for (let nth = 0; nth < 2; nth++) {
      const worker = new Worker(new URL('../quality/scoring.worker.ts', import.meta.url), { type: 'module' });
      worker.onerror = ({ message }) => this.#fail(new Error(`A worker failed: ${message || 'it did not load'}.`));
      this.#workers.push(worker);
      this.#idle.push(wrap<Scorer>(worker));
    }
  }

  /** Resolves when a worker has taken the job, with the promise of its scores. */
  async submit(job: ScoreJob): Promise<{ scores: Promise<Scores> }> {
    let scorer = this.#idle.pop();
    while (!scorer) {
      await Promise.race([
        this.#failed,
        new Promise<void>((resolve) => {
          this.#onIdle = resolve;
        }),
      ]);
      scorer = this.#idle.pop();
    }
    const taken = scorer;
    const scores = Promise.race([this.#failed, taken.score(job)]).finally(() => {
      this.#idle.push(taken);
      this.#onIdle();
    });
    // The caller may still be busy with the next picture when this one fails.
    scores.catch(() => {});
    return { scores };
  }

  dispose(): void {
    for (const worker of this.#workers) worker.terminate();
  }
}
