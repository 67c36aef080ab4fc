import type { ScoreJob, ScoreReply, Scores } from './scoring.worker.ts';

type Waiting = { resolve: (scores: Scores) => void; reject: (cause: Error) => void };

/** A worker for each of two cores: scoring takes seconds a picture. */
export class ScoringPool {
  readonly #workers: Worker[];
  readonly #waiting = new Map<number, Waiting>();
  readonly #idle: Worker[];
  #freed = () => {};
  #nextId = 0;

  constructor(networkUrls: Readonly<Record<string, string>>) {
    this.#workers = Array.from({ length: 2 }, () => this.#start(networkUrls));
    this.#idle = [...this.#workers];
  }

  /** Resolves when a worker has taken it, with the promise of its scores. */
  async submit(job: Omit<ScoreJob, 'id'>): Promise<{ scores: Promise<Scores> }> {
    let worker = this.#idle.pop();
    while (!worker) {
      await new Promise<void>((resolve) => {
        this.#freed = resolve;
      });
      worker = this.#idle.pop();
    }
    const id = this.#nextId++;
    const scores = new Promise<Scores>((resolve, reject) => this.#waiting.set(id, { resolve, reject }));
    // Whoever submitted may still be busy with the next picture when this one fails.
    scores.catch(() => {});
    worker.postMessage({ ...job, id });
    return { scores };
  }

  dispose(): void {
    for (const worker of this.#workers) worker.terminate();
    this.#fail('The pool is disposed.');
  }

  #start(networkUrls: Readonly<Record<string, string>>): Worker {
    const worker = new Worker(new URL('./scoring.worker.ts', import.meta.url), { type: 'module' });
    worker.postMessage({ networkUrls });
    worker.addEventListener('error', ({ message }) => this.#fail(`A worker broke: ${message || 'it did not load'}.`));
    worker.addEventListener('message', ({ data }: MessageEvent<ScoreReply>) => {
      const waiting = this.#waiting.get(data.id);
      this.#waiting.delete(data.id);
      this.#idle.push(worker);
      this.#freed();
      if ('error' in data) waiting?.reject(new Error(data.error));
      else waiting?.resolve(data.scores);
    });
    return worker;
  }

  #fail(why: string): void {
    for (const { reject } of this.#waiting.values()) reject(new Error(why));
    this.#waiting.clear();
  }
}
