import { MeshError } from '../../shared/errors.ts';

/** Given to a task while it has its turn. */
export interface Turn {
  readonly signal: AbortSignal;
  /** Lets waiting frames go first; a long task calls it every few milliseconds. Throws MeshError `cancelled`. */
  giveWay(): Promise<void>;
}

interface Waiting {
  run(): Promise<void>;
  cancel(): void;
}

/** Who computes next on this machine: one at a time, frames before tasks, each in the order they came. Its callers bound what waits. */
export class Schedule {
  readonly #frames: Waiting[] = [];
  readonly #tasks: Waiting[] = [];
  readonly #rest: () => Promise<void>;
  #busy = false;
  #disposed = false;

  /** `rest` lets the event loop run, so that messages with frames and cancels get in. */
  constructor(rest: () => Promise<void>) {
    this.#rest = rest;
  }

  /** Rejects with MeshError `closed` when disposed before its turn. */
  frame<T>(body: () => Promise<T>): Promise<T> {
    return this.#enqueue(this.#frames, body);
  }

  /** Rejects with MeshError `cancelled` as soon as the signal says so, also while it waits. */
  task<T>(signal: AbortSignal, body: (turn: Turn) => Promise<T>): Promise<T> {
    const turn: Turn = { signal, giveWay: () => this.#giveWay(signal) };
    return this.#enqueue(
      this.#tasks,
      () => {
        throwIfCancelled(signal);
        return body(turn);
      },
      signal,
    );
  }

  dispose(): void {
    this.#disposed = true;
    for (const waiting of [...this.#frames.splice(0), ...this.#tasks.splice(0)]) waiting.cancel();
  }

  #enqueue<T>(queue: Waiting[], body: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    if (this.#disposed) return Promise.reject(MeshError.closed('The compute engine'));
    if (signal?.aborted) return Promise.reject(MeshError.cancelled());
    return new Promise<T>((resolve, reject) => {
      const onAbort = () => {
        const at = queue.indexOf(waiting);
        if (at >= 0) queue.splice(at, 1);
        reject(MeshError.cancelled());
      };
      const waiting: Waiting = {
        run: async () => {
          try {
            resolve(await body());
          } catch (cause) {
            reject(cause);
          } finally {
            signal?.removeEventListener('abort', onAbort);
          }
        },
        cancel: () => reject(MeshError.closed('The compute engine')),
      };
      signal?.addEventListener('abort', onAbort, { once: true });
      queue.push(waiting);
      if (!this.#busy) void this.#run();
    });
  }

  async #run(): Promise<void> {
    this.#busy = true;
    for (let next = this.#next(); next; next = this.#next()) await next.run();
    this.#busy = false;
  }

  #next(): Waiting | undefined {
    return this.#frames.shift() ?? this.#tasks.shift();
  }

  async #giveWay(signal: AbortSignal): Promise<void> {
    await this.#rest();
    for (let frame = this.#frames.shift(); frame; frame = this.#frames.shift()) await frame.run();
    throwIfCancelled(signal);
    if (this.#disposed) throw MeshError.closed('The compute engine');
  }
}

function throwIfCancelled(signal: AbortSignal): void {
  if (signal.aborted) throw MeshError.cancelled();
}
