import type { Clock } from '../../shared/clock.ts';
import { MeshError } from '../../shared/errors.ts';
import type { TaskTiles } from '../../shared/tasks/definition.ts';
import type { Dispatcher } from './dispatcher.ts';
import { type Job, type JobHandle, type JobResult, mergedResult, type OnJobEnd, partOf, type Timing } from './job.ts';

/** Inputs and results of a job's tiles that are under way at a time: enough for four machines, each with a tile on the way while it computes another. */
const MAX_BYTES_UNDER_WAY = 160 * 1024 * 1024;

/** What is kept of a tile whose result is in its place. */
type DoneTile = Pick<JobResult, 'computedBy' | 'isChecked'>;

/**
 * A job that no machine takes in one piece, run tile by tile. Its tiles are cut when they are submitted and their results put in place when they
 * come, so that besides the input and the result only those under way take memory. To the dispatcher each is a job like any other.
 */
export class TiledJob implements JobHandle {
  readonly #dispatcher: Dispatcher;
  readonly #clock: Clock;
  readonly #job: Job;
  readonly #tiles: TaskTiles<unknown>;
  readonly #onEnd: OnJobEnd;
  readonly #releaseSpace: () => void;
  /** Numbers of the tiles to submit, the next one first. */
  readonly #waiting: number[];
  readonly #underWay = new Map<number, { handle: JobHandle; sizeBytes: number }>();
  readonly #done = new Map<number, DoneTile>();
  #attempts = 0;
  #wasStarted = false;
  #isOver = false;

  /** `onEnd` is called once: later, or by {@link abort}. Throws MeshError `queue-full`, `closed`. */
  constructor(dispatcher: Dispatcher, clock: Clock, job: Job, tiles: TaskTiles<unknown>, onEnd: OnJobEnd) {
    this.#dispatcher = dispatcher;
    this.#clock = clock;
    this.#job = job;
    this.#tiles = tiles;
    this.#onEnd = onEnd;
    this.#waiting = Array.from({ length: tiles.count }, (_, n) => n);
    // The input is kept until the last tile is cut.
    this.#releaseSpace = dispatcher.reserve(job);
    try {
      this.#submitWaiting();
    } catch (cause) {
      this.#stop(MeshError.from(cause));
      throw cause;
    }
  }

  get wasStarted(): boolean {
    return this.#wasStarted || [...this.#underWay.values()].some(({ handle }) => handle.wasStarted);
  }

  raisePriority(priority: number): void {
    this.#job.priority = Math.max(this.#job.priority, priority);
    for (const { handle } of this.#underWay.values()) handle.raisePriority(priority);
  }

  abort(error: MeshError): void {
    if (this.#isOver) return;
    this.#stop(error);
    this.#onEnd({ kind: 'failed', error });
  }

  /** Runs the tiles again that this volunteer computed: its results are no longer trusted. */
  evictByVolunteer(volunteerId: string): void {
    for (const [n, { computedBy }] of [...this.#done]) {
      if (!computedBy.includes(volunteerId)) continue;
      this.#done.delete(n);
      this.#waiting.push(n);
    }
    this.#goOn();
  }

  #goOn(): void {
    if (this.#isOver) return;
    try {
      this.#submitWaiting();
    } catch (cause) {
      this.abort(MeshError.from(cause));
    }
  }

  #submitWaiting(): void {
    for (let n = this.#waiting[0]; n !== undefined && this.#hasRoom; n = this.#waiting[0]) {
      try {
        this.#submit(n);
      } catch (cause) {
        // Other tasks fill the queue: the next tile that ends makes room.
        if (this.#underWay.size > 0 && MeshError.from(cause).reason === 'queue-full') return;
        throw cause;
      }
      this.#waiting.shift();
    }
  }

  get #hasRoom(): boolean {
    let sizeBytes = 0;
    for (const tile of this.#underWay.values()) sizeBytes += tile.sizeBytes;
    return sizeBytes < MAX_BYTES_UNDER_WAY;
  }

  #submit(n: number): void {
    const tile = partOf(this.#job, this.#tiles.cut(n), this.#clock.now());
    const handle = this.#dispatcher.submit(tile, (outcome) => {
      if (this.#isOver) return;
      if (outcome.kind === 'failed') this.abort(outcome.error);
      else this.#placed(n, outcome.result);
    });
    this.#underWay.set(n, { handle, sizeBytes: tile.bytesOut + tile.bytesIn });
  }

  #placed(n: number, { packed, computedBy, isChecked, timing }: JobResult): void {
    this.#underWay.delete(n);
    this.#wasStarted = true;
    this.#attempts = Math.max(this.#attempts, timing.attempts);
    this.#tiles.paste(n, packed);
    this.#done.set(n, { computedBy, isChecked });
    this.#job.onProgress?.({ stage: 'computing', share: this.#done.size / this.#tiles.count });
    if (this.#done.size < this.#tiles.count) this.#goOn();
    else this.#finish(timing);
  }

  #finish(last: Timing): void {
    this.#isOver = true;
    this.#releaseSpace();
    const ended = { timing: last, attempts: this.#attempts, nowMs: this.#clock.now() };
    const result = mergedResult(this.#job, this.#tiles.whole, [...this.#done.values()], ended);
    this.#onEnd({ kind: 'done', result });
  }

  #stop(error: MeshError): void {
    this.#isOver = true;
    this.#releaseSpace();
    for (const { handle } of this.#underWay.values()) handle.abort(error);
    this.#underWay.clear();
  }
}
