import type { Filter } from '../../../shared/tasks/upscale.ts';

/** Work of the kernels on a picture that lies in a memory, in numbers that a thread can be sent. Addresses are in bytes. */
export type KernelJob = FilterJob | NetworkJob | DetailJob;

interface PictureJob {
  /** Straight RGBA8. */
  source: number;
  width: number;
  height: number;
  target: number;
  /** Room for the work of each thread. */
  scratch: readonly number[];
}

interface EnlargingJob extends PictureJob {
  isOpaque: boolean;
  outWidth: number;
  outHeight: number;
  /** Tables of the axes: bases, then shares, each padded to a multiple of four entries of four bytes. */
  columns: number;
  lines: number;
}

export interface FilterJob extends EnlargingJob {
  kind: 'filter';
  filter: Filter;
}

/** Codes what a sharp picture of the result's size has more than the source enlarged by `bicubic`; the target is a byte a pixel, in rows padded to a multiple of four. */
export interface DetailJob extends EnlargingJob {
  kind: 'detail';
  /** Straight RGBA8. */
  sharp: number;
  /** Codes for one 8-bit level. */
  gain: number;
  /** In such steps. */
  deadZone: number;
}

/** Doubles the picture, which is opaque. */
export interface NetworkJob extends PictureJob {
  kind: 'network';
  /** Multiplications of the network for each source pixel. */
  products: number;
  /** Descriptions of its layers. */
  layers: number;
  layerCount: number;
}

/** What web/compute/wasm/assembly exports; its sources explain the parameters. */
interface KernelExports {
  isOpaque(pixels: number, count: number): number;
  filterScratchBytes(width: number, outWidth: number): number;
  openFilter(...args: number[]): void;
  filterRows(from: number, to: number): void;
  openDetail(sharp: number, gain: number, deadZone: number): void;
  detailRows(from: number, to: number): void;
  networkScratchBytes(width: number, channels: number): number;
  openNetwork(...args: number[]): void;
  networkRows(from: number, to: number): void;
  addDetail(pixels: number, codes: number, count: number, scale: number, deadZone: number, most: number): void;
}

/** Unit of the steps for one code in the kernels (assembly/add-detail.ts). */
const DETAIL_SCALE = 2048;

/** The filters by their numbers in the kernels. */
const FILTER_NUMBERS: Record<Filter, number> = { bilinear: 0, bicubic: 1, spatial: 2 };

/** The kernels on one memory, for one thread and one job at a time. */
export class KernelInstance {
  readonly #exports: KernelExports;

  /** Throws what WebAssembly throws where the memory does not fit the module. */
  constructor(module: WebAssembly.Module, memory: WebAssembly.Memory) {
    // Sound: the build makes both from the same sources.
    this.#exports = new WebAssembly.Instance(module, { env: { memory } }).exports as unknown as KernelExports;
  }

  isOpaque(pixels: number, count: number): boolean {
    return this.#exports.isOpaque(pixels, count) !== 0;
  }

  /**
   * Adds detail to opaque pixels.
   *
   * @param pixels - address of `count` pixels, RGBA8; `codes` that of as many bytes.
   * @param scale - `stepsPerCode` in 8-bit levels, below 16; `deadZoneCodes`: distance from the code of no detail up to which a code adds nothing;
   *   `maxSteps`: what is added at most, up to 255.
   */
  addDetail(
    pixels: number,
    codes: number,
    count: number,
    { stepsPerCode, deadZoneCodes, maxSteps }: Record<'stepsPerCode' | 'deadZoneCodes' | 'maxSteps', number>,
  ): void {
    this.#exports.addDetail(pixels, codes, count, Math.round(stepsPerCode * DETAIL_SCALE), deadZoneCodes, maxSteps);
  }

  filterScratchBytes(width: number, outWidth: number): number {
    return this.#exports.filterScratchBytes(width, outWidth);
  }

  /** @param channels - those that all layers together put out. */
  networkScratchBytes(width: number, channels: number): number {
    return this.#exports.networkScratchBytes(width, channels);
  }

  /** Begins a job as one of its threads. Returns what computes its rows. */
  open(job: KernelJob, thread: number): (from: number, to: number) => void {
    const { source, width, height, target } = job;
    const scratch = job.scratch[thread] ?? 0;
    if (job.kind === 'network') {
      const { layers, layerCount } = job;
      this.#exports.openNetwork(source, width, height, target, layers, layerCount, scratch);
      return this.#exports.networkRows;
    }
    const { outWidth, outHeight, columns, lines, isOpaque } = job;
    const filter = FILTER_NUMBERS[filterOf(job)];
    this.#exports.openFilter(
      filter,
      source,
      width,
      height,
      target,
      outWidth,
      outHeight,
      columns,
      lines,
      isOpaque ? 1 : 0,
      scratch,
    );
    if (job.kind === 'filter') return this.#exports.filterRows;
    this.#exports.openDetail(job.sharp, job.gain, job.deadZone);
    return this.#exports.detailRows;
  }
}

function filterOf(job: FilterJob | DetailJob): Filter {
  return job.kind === 'filter' ? job.filter : 'bicubic';
}

/** Rows of a job: those of the source for a network, otherwise those of the result. */
export function rowsOf(job: KernelJob): number {
  return job.kind === 'network' ? job.height : job.outHeight;
}

/** Pixels that a thread computes in a millisecond on a processor of 2020. It decides only how many rows are computed at a time. */
const PIXELS_PER_MS = { bilinear: 500_000, bicubic: 250_000, spatial: 50_000 } as const;
const PRODUCTS_PER_MS = 25_000_000;

/** Time, ms, of one call of the kernels: by about as much one thread may end before another. */
const CALL_MS = 0.5;

export function rowsPerCall(job: KernelJob): number {
  const rowMs =
    job.kind === 'network' ? (job.width * job.products) / PRODUCTS_PER_MS : job.outWidth / PIXELS_PER_MS[filterOf(job)];
  return Math.max(1, Math.round(CALL_MS / rowMs));
}
