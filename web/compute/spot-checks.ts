import { MeshError } from '../../shared/errors.ts';
import { logger } from '../../shared/log.ts';
import { type UpscaleParams, verifyTile } from '../../shared/tasks/upscale.ts';
import {
  cropResult,
  cropSource,
  type PictureTile,
  randomTile,
  relativeToTile,
  tileAgrees,
} from '../../shared/tasks/upscale-tile.ts';
import type { Backend, BackendFrames, BackendName, FrameTarget, UpscaleShape } from './backend.ts';
import { isUpright, orientationOf } from './frame-orientation.ts';
import { partsOfFrames, type TileParts } from './frame-tiles.ts';
import { nextMacrotask, type Started, type TimeSlot } from './schedule.ts';

const log = logger('compute.spot-checks');

/** Time, ms, from one check to the next: computing a tile takes the reference a few milliseconds, less than a thousandth of it. */
export const SPOT_CHECK_INTERVAL_MS = 10_000;

/** Wrong checks in a row that count: there may be a picture in which two correct ways differ. */
export const WRONG_IN_A_ROW = 2;

/** Backends that are spot-checked; the processor is the reference. */
const GPU_BACKENDS: readonly BackendName[] = ['wgsl', 'ort-webgpu'];

/** Largest tile, source pixels: where width and ratio have no common divisor, a tile is as long as the picture. */
const MAX_TILE_PIXELS = 64 * 1024;

/** What was wrong: a frame of a stream, or pixels. */
type WrongKind = 'frame' | 'pixels';

export interface SpotCheckOptions {
  /** Computes tiles again, on the processor. Where it does not run a network, the network's results are not checked. Not owned. */
  reference: Backend;
  now(): number;
  /** Returns 0 <= x < 1. */
  random(): number;
  /** Lets frames take another way into the GPU and out of it, when those that they take give wrong pixels. False: there is no other. */
  disableFastPaths(): boolean;
}

/**
 * Checks now and then what a backend delivers: a GPU that was right at start-up may compute wrong an hour later, when it is hot, its driver
 * was updated or its memory fails. A tile of a real frame or picture is computed again after that was delivered, which delays nobody.
 */
export class SpotChecks {
  /** Resolves when the GPU must not be used any more. */
  readonly failed: Promise<void>;
  readonly #options: SpotCheckOptions;
  readonly #watched = new Map<Backend, Backend>();
  readonly #wrong: Record<WrongKind, number> = { frame: 0, pixels: 0 };
  #fail = () => {};
  #nextMs: number;

  constructor(options: SpotCheckOptions) {
    this.#options = options;
    // The backends were checked just now.
    this.#nextMs = options.now() + SPOT_CHECK_INTERVAL_MS;
    this.failed = new Promise((resolve) => {
      this.#fail = resolve;
    });
  }

  /** The backend with its results checked, where it computes on the GPU; always the same one. */
  watch(backend: Backend): Backend {
    if (!GPU_BACKENDS.includes(backend.name)) return backend;
    const known = this.#watched.get(backend);
    if (known) return known;
    const watched: Backend = {
      name: backend.name,
      prepare: async (quality) => backend.prepare?.(quality),
      fits: (shape) => backend.fits?.(shape) ?? true,
      startPixels: (pixels, shape, slot) => this.#startPixels(backend, pixels, shape, slot),
      openFrames: (target) => this.#openFrames(backend, target),
      dispose: () => backend.dispose(),
    };
    this.#watched.set(backend, watched);
    return watched;
  }

  async #startPixels(backend: Backend, pixels: Uint8Array, shape: UpscaleParams, slot: TimeSlot) {
    const tile = this.#due(shape, 1);
    const started = await backend.startPixels(pixels, shape, slot);
    if (!tile) return started;
    const source = cropSource(pixels, shape.width, tile);
    return followed(started, (result) => {
      const part = cropResult(result, shape.outWidth, tile);
      void this.#check('pixels', shape, tile, async () => ({ source, result: part, isSame: tileAgrees }));
    });
  }

  #openFrames(backend: Backend, target: FrameTarget): BackendFrames {
    const frames = backend.openFrames(target);
    return {
      start: async (frame, slot) => {
        const tile = this.#dueFrame(frame, target);
        if (!tile) return frames.start(frame, slot);
        // The caller may close the frame before the check.
        const source = frame.clone();
        try {
          const started = await frames.start(frame, slot);
          return followed(
            started,
            (sharp) => {
              const result = sharp.clone();
              void this.#check('frame', target, tile, () => partsOfFrames(source, result, tile, target.detail));
            },
            () => source.close(),
          );
        } catch (cause) {
          source.close();
          throw cause;
        }
      },
      dispose: () => frames.dispose(),
    };
  }

  #dueFrame(frame: VideoFrame, { outWidth, outHeight, quality }: FrameTarget): PictureTile | null {
    const { visibleRect, displayWidth, displayHeight } = frame;
    if (!visibleRect || !isUpright(orientationOf(frame))) return null;
    const { width, height } = visibleRect;
    if (width !== displayWidth || height !== displayHeight) return null;
    // Chroma has half the size.
    return this.#due({ width, height, outWidth, outHeight, quality }, 2);
  }

  #due(shape: UpscaleShape, alignment: number): PictureTile | null {
    const { now, random } = this.#options;
    const nowMs = now();
    if (nowMs < this.#nextMs) return null;
    const tile = randomTile(shape, random, alignment);
    if (tile.across.length * tile.down.length > MAX_TILE_PIXELS) return null;
    this.#nextMs = nowMs + SPOT_CHECK_INTERVAL_MS;
    return tile;
  }

  async #check(kind: WrongKind, shape: FrameTarget, tile: PictureTile, read: () => Promise<TileParts>): Promise<void> {
    const { quality } = shape;
    try {
      // Whoever waits for the result gets it first.
      await nextMacrotask();
      const { source, result, isSame } = await read();
      await this.#compare(verifyTile(quality, relativeToTile(tile), source, result, isSame));
      this.#wrong[kind] = 0;
    } catch (cause) {
      const { reason } = MeshError.from(cause);
      // Anything else says nothing about the GPU: the reference has no such network, or the frame cannot be read here.
      if (reason !== 'verify-failed') return;
      this.#wrong[kind]++;
      log.warn('the GPU gave wrong pixels', { kind, quality, inARow: this.#wrong[kind] });
      if (this.#wrong[kind] < WRONG_IN_A_ROW) return;
      this.#wrong[kind] = 0;
      if (kind === 'pixels' || !this.#options.disableFastPaths()) this.#fail();
    }
  }

  async #compare(checks: ReturnType<typeof verifyTile>): Promise<void> {
    for (let step = checks.next(); !step.done; ) {
      const { params, attachments } = step.value.task;
      const [source = new Uint8Array(0)] = attachments;
      const { reference } = this.#options;
      await reference.prepare?.(params.quality);
      const ours = await (await reference.startPixels(source, params, BESIDE_OTHER_WORK)).finish();
      step = checks.next({ value: null, attachments: [ours] });
    }
  }
}

/** The reference yields after a few milliseconds, so frames and tasks wait no longer than that. */
const BESIDE_OTHER_WORK: TimeSlot = { signal: new AbortController().signal, yieldNow: nextMacrotask };

/** The same work, whose result is looked at when it is there. */
function followed<T>(started: Started<T>, look: (result: T) => void, onFailed?: () => void): Started<T> {
  const finish = async () => {
    try {
      const result = await started.finish();
      look(result);
      return result;
    } catch (cause) {
      onFailed?.();
      throw cause;
    }
  };
  return { ...started, finish };
}
