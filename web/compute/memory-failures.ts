import { isNetwork } from '../../shared/tasks/upscale.ts';
import type { BackendName, UpscaleShape } from './backend.ts';

/**
 * Time, ms, for which a GPU that had no memory for a picture is not asked for one as large: what took the memory, such as another program,
 * may be gone then, and one failed attempt a minute costs a stream no more than a frame.
 */
export const MEMORY_RETRY_MS = 60_000;

/** Failures kept for one way to compute. Each holds for all larger pictures too, so a few describe the limit. */
const MAX_FAILURES = 8;

interface Failure {
  sourcePixels: number;
  outPixels: number;
  untilMs: number;
}

/**
 * Remembers which pictures a backend had no memory for. A picture counts as being as large as another one where both its source and its
 * result are: how much memory each of them takes differs with the quality, but more of both never takes less.
 */
export class MemoryFailures {
  readonly #now: () => number;
  readonly #failures = new Map<string, Failure[]>();

  constructor(now: () => number) {
    this.#now = now;
  }

  add(backend: BackendName, shape: UpscaleShape): void {
    const failure = { ...pixelsOf(shape), untilMs: this.#now() + MEMORY_RETRY_MS };
    const key = keyOf(backend, shape);
    const others = this.#current(key).filter((other) => !isAsLarge(other, failure));
    this.#failures.set(key, [failure, ...others].slice(0, MAX_FAILURES));
  }

  /** Whether a picture that was not larger failed within {@link MEMORY_RETRY_MS}. */
  has(backend: BackendName, shape: UpscaleShape): boolean {
    const pixels = pixelsOf(shape);
    return this.#current(keyOf(backend, shape)).some((failure) => isAsLarge(pixels, failure));
  }

  #current(key: string): Failure[] {
    const nowMs = this.#now();
    return this.#failures.get(key)?.filter(({ untilMs }) => nowMs < untilMs) ?? [];
  }
}

type Pixels = Omit<Failure, 'untilMs'>;

function pixelsOf({ width, height, outWidth, outHeight }: UpscaleShape): Pixels {
  return { sourcePixels: width * height, outPixels: outWidth * outHeight };
}

function isAsLarge(a: Pixels, b: Pixels): boolean {
  return a.sourcePixels >= b.sourcePixels && a.outPixels >= b.outPixels;
}

/** Filters need the same memory; each network has features of its own, and detail a buffer more. */
function keyOf(backend: BackendName, { quality, detail }: UpscaleShape): string {
  return [backend, isNetwork(quality) ? quality : '', detail ? 'detail' : ''].join(' ');
}
