import { MeshError } from '../../../shared/errors.ts';
import { logger } from '../../../shared/log.ts';
import type { Composer, RawPicture } from '../compose/composer.ts';
import { DropOldestQueue } from '../drop-oldest-queue.ts';
import type { CapturedFrame } from '../frame.ts';
import type { StreamStatistics } from './stream-statistics.ts';

const log = logger('stream.detail');

interface LoadingHandlers<Pending> {
  /** Its pixels are copied. Their receiver disposes them. */
  onLoaded(frame: CapturedFrame & Pending, raw: RawPicture): void;
  /** A frame will not be loaded. */
  onUnused(pending: Pending): void;
}

/** Copies the pixels of captured frames, one frame at a time; of those that wait only the newest is kept. `Pending` goes with each of them. */
export class FrameLoader<Pending> {
  readonly #composer: Composer;
  readonly #statistics: StreamStatistics;
  readonly #handlers: LoadingHandlers<Pending>;
  readonly #queue: DropOldestQueue<CapturedFrame & Pending>;
  /** Those in the queue, and the one that is being copied. */
  readonly #frames = new Set<CapturedFrame & Pending>();
  #isLoading = false;
  /** Rises with each {@link clear}: what was begun before it is not used after it. */
  #generation = 0;

  constructor(
    { composer, statistics }: { composer: Composer; statistics: StreamStatistics },
    handlers: LoadingHandlers<Pending>,
  ) {
    this.#composer = composer;
    this.#statistics = statistics;
    this.#handlers = handlers;
    this.#queue = new DropOldestQueue(1, (superseded) => {
      superseded.frame.close();
      this.#forget(superseded);
      statistics.dropped(superseded.frameId, 'superseded');
    });
  }

  /** The frames that are not loaded yet. */
  get frames(): Iterable<CapturedFrame & Pending> {
    return this.#frames;
  }

  /** Takes ownership of the frame. */
  put(frame: CapturedFrame & Pending): void {
    this.#frames.add(frame);
    this.#queue.put(frame);
    if (!this.#isLoading) void this.#loadAll();
  }

  /** Forgets every frame. */
  clear(): void {
    this.#generation++;
    this.#queue.clear();
  }

  async #loadAll(): Promise<void> {
    this.#isLoading = true;
    for (let next = this.#queue.take(); next; next = this.#queue.take()) {
      const generation = this.#generation;
      try {
        const raw = await this.#composer.load(next.frame);
        if (generation !== this.#generation) {
          raw.dispose();
          this.#forget(next);
        } else {
          this.#frames.delete(next);
          this.#handlers.onLoaded(next, raw);
        }
      } catch (cause) {
        log.warn('frame not loaded', { reason: MeshError.from(cause).reason });
        this.#forget(next);
        this.#statistics.dropped(next.frameId, 'failed');
      } finally {
        next.frame.close();
      }
    }
    this.#isLoading = false;
  }

  #forget(frame: CapturedFrame & Pending): void {
    this.#frames.delete(frame);
    this.#handlers.onUnused(frame);
  }
}
