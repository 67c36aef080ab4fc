import { MAX_ADDED_LEVELS } from '../../../shared/detail.ts';
import { MeshError } from '../../../shared/errors.ts';
import { logger } from '../../../shared/log.ts';
import type { PictureSize } from '../../../shared/tasks/upscale-size.ts';
import { filterJob, putPicture } from '../../compute/wasm/kernel-jobs.ts';
import { loadKernels } from '../../compute/wasm/open-wasm.ts';
import { Workspace } from '../../compute/wasm/workspace.ts';
import type { AppliedDetail, Composer, RawPicture } from './composer.ts';
import { checkComposition, composePixels, type DetailScale, stepsPerCode } from './composition.ts';
import { type OpaquePixels, OpaqueReader } from './opaque-reader.ts';
import { removeNearChange, type TilesNearChange, tilesNearChange } from './still-tiles.ts';

const log = logger('stream.compose');

/** Output rows that are enlarged before detail is added to them: they are still in the processor's nearest cache. */
const BAND_ROWS = 8;

/** Detail, and the tiles that get none of it; null adds nothing. */
type Addition = (DetailScale & { codes: Uint8Array; nearChange: TilesNearChange | null }) | null;

class ProcessorPicture implements RawPicture {
  readonly width: number;
  readonly height: number;
  /** Opaque RGBA8; empty once it was disposed. */
  data: Uint8Array<ArrayBuffer>;
  readonly #release: () => void;

  constructor({ width, height, data, release }: OpaquePixels) {
    this.width = width;
    this.height = height;
    this.data = data;
    this.#release = release;
  }

  dispose(): void {
    // A second call must not release: the memory may be another picture's by then.
    if (this.data.length === 0) return;
    this.data = new Uint8Array(0);
    this.#release();
  }
}

/**
 * Composes on the processor: with the kernels in WebAssembly, and where they do not run, in plain TypeScript, which is some thirty times slower.
 * One thread: a stream's codecs need the others.
 */
export class WasmComposer implements Composer {
  readonly name = 'wasm';
  readonly #reader = new OpaqueReader();
  #workspace: Workspace | null;
  #isDisposed = false;

  /** @param workspace - with memory that is not shared: pictures are drawn out of it. Null: there is no WebAssembly. */
  constructor(workspace: Workspace | null) {
    this.#workspace = workspace;
  }

  /** Loads the kernels. Never throws: a page may forbid WebAssembly. */
  static async open(): Promise<WasmComposer> {
    try {
      const { kernels } = await loadKernels(1);
      return new WasmComposer(new Workspace(kernels));
    } catch (cause) {
      log.warn('no kernels', { reason: MeshError.from(cause).reason });
      return new WasmComposer(null);
    }
  }

  async load(frame: VideoFrame): Promise<RawPicture> {
    if (this.#isDisposed) throw MeshError.closed('The composer');
    return new ProcessorPicture(await this.#reader.read(frame));
  }

  async compose(
    raw: RawPicture,
    detail: AppliedDetail | null,
    target: OffscreenCanvasRenderingContext2D,
  ): Promise<void> {
    if (this.#isDisposed) throw MeshError.closed('The composer');
    const { width, height } = target.canvas;
    const picture = pictureOf(raw);
    checkComposition(picture, detail, { width, height });
    const pixels = this.#composed(picture, detail && additionOf(picture, detail), { width, height });
    target.putImageData(new ImageData(pixels, width, height), 0, 0);
  }

  dispose(): void {
    this.#isDisposed = true;
    this.#workspace = null;
  }

  #composed(picture: ProcessorPicture, addition: Addition, out: PictureSize): Uint8ClampedArray<ArrayBuffer> {
    if (this.#workspace) {
      try {
        return composedIn(this.#workspace, picture, addition, out);
      } catch (cause) {
        // Its memory cannot grow. The picture must not stop.
        log.warn('kernels failed', { reason: MeshError.from(cause).reason });
        this.#workspace = null;
      }
    }
    if (!addition) return composePixels(picture, null, { gain: 1, weight: 0, deadZoneCodes: 0 }, out);
    const codes = addition.codes.slice();
    if (addition.nearChange) removeNearChange(codes, addition.nearChange, picture, out);
    return composePixels(picture, codes, addition, out);
  }
}

/** A view of the workspace's memory, which is valid until the next picture. */
function composedIn(
  workspace: Workspace,
  picture: ProcessorPicture,
  addition: Addition,
  { width: outWidth, height: outHeight }: PictureSize,
): Uint8ClampedArray<ArrayBuffer> {
  workspace.clear();
  const { kernels } = workspace;
  const source = putPicture(workspace, picture);
  const codes = addition ? workspace.put(addition.codes) : 0;
  if (addition?.nearChange) {
    removeNearChange(workspace.bytes(codes, outWidth * outHeight), addition.nearChange, picture, {
      width: outWidth,
      height: outHeight,
    });
  }
  const { job, result } = filterJob(workspace, source, { outWidth, outHeight, filter: 'bicubic' }, 1);
  const enlarge = job ? kernels.open(job, 0) : () => {};
  for (let from = 0; from < outHeight; from += BAND_ROWS) {
    const to = Math.min(from + BAND_ROWS, outHeight);
    enlarge(from, to);
    if (!addition) continue;
    const first = from * outWidth;
    const count = (to - from) * outWidth;
    kernels.addDetail(result.address + first * 4, codes + first, count, {
      stepsPerCode: stepsPerCode(addition),
      deadZoneCodes: addition.deadZoneCodes,
      maxSteps: addition.maxSteps ?? MAX_ADDED_LEVELS,
    });
  }
  // Sound: the composer's memory is not shared.
  const memory = workspace.memory.buffer as ArrayBuffer;
  return new Uint8ClampedArray(memory, result.address, outWidth * outHeight * 4);
}

function additionOf(picture: ProcessorPicture, detail: AppliedDetail): Addition {
  if (detail.of === picture) return { ...detail, nearChange: null };
  const of = pictureOf(detail.of);
  // Pictures of different sizes have nothing in common.
  if (of.width !== picture.width || of.height !== picture.height) return null;
  const nearChange = tilesNearChange(of, picture);
  if (nearChange.count === nearChange.isNearChange.length) return null;
  return { ...detail, nearChange: nearChange.count > 0 ? nearChange : null };
}

/** Throws MeshError `bad-input`. */
function pictureOf(raw: RawPicture): ProcessorPicture {
  if (raw instanceof ProcessorPicture && raw.data.length > 0) return raw;
  throw MeshError.badInput("The picture is not this composer's, or was disposed. Load it again.");
}
