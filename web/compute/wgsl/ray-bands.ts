import { TRACING } from '../../../shared/tasks/raytracing/intersector.ts';
import { MIN_MEASURED_MS } from '../measured-speeds.ts';
import { SLICE_MS } from '../schedule.ts';

/** Pixels that one workgroup renders. */
export const WORKGROUP = 64;

/** Samples in the first dispatch of a picture, before its speed is known: some 10 ms on the slowest GPU. */
const FIRST_SAMPLES = 16 * 1024;
/** Pixels that keep a wide GPU busy. Where there is no time for all samples of so many, a dispatch renders a part of them. */
const BUSY_PIXELS = 4 * 1024;
/** Samples of a pixel in such a dispatch, at least: with fewer, it renders fewer pixels instead. */
const LEAST_SAMPLES_OF_EACH = 4;
/** Most pixels of a band: their sums take 4 MiB. */
export const MAX_BAND_PIXELS = 256 * 1024;

/** Tests that every dispatch may make: so many that one workgroup gets on, whatever the scene. Some 50 ms on a slow GPU. */
const LEAST_BUDGET = WORKGROUP * TRACING.maxTestsPerSample;
/** Tests that no dispatch may make: they are counted in 32 bits, and each thread may go on for some hundreds. */
const LARGEST_BUDGET = 2 ** 30;
/** How many times its slice a dispatch may take. Drivers take a GPU for hung after two seconds, and other tests may take it longer than those before. */
const BUDGET_SLICES = 8;

/** What one dispatch renders: pixels of the tile, row by row, up to so many samples each. */
export interface RayBand {
  fromPixel: number;
  toPixel: number;
  toSample: number;
  /** Whether the pixels may have samples already. */
  isBegun: boolean;
  /** Tests that it may make, about. */
  budget: number;
}

/** What became of it. */
export interface Rendered {
  /** Tests of the threads that made many. */
  tests: number;
  /** Whether each pixel has its samples. Otherwise the budget was spent, and each has those that it got. */
  isFinished: boolean;
}

/**
 * Cuts a picture into dispatches of about {@link SLICE_MS} by the time that those before took. Rows of sky say little about the mesh below them, so
 * each has a budget of tests as well: where it is spent, smaller ones go on.
 */
export class RayBands {
  readonly #pixels: number;
  readonly #samplesPerPixel: number;
  /** First pixel of the band, and their number. */
  #from = 0;
  #length: number;
  /** Samples that each pixel of the band has. */
  #samples = 0;
  #isBegun = false;
  /** Samples, of all pixels together, of the next dispatch. */
  #size = FIRST_SAMPLES;
  /** Most tests in a millisecond so far. */
  #testsPerMs = 0;

  constructor(pixels: number, samplesPerPixel: number) {
    this.#pixels = pixels;
    this.#samplesPerPixel = samplesPerPixel;
    this.#length = this.#nextLength();
  }

  /** What to render next; null after the last one. */
  get next(): RayBand | null {
    if (this.#from >= this.#pixels) return null;
    const left = this.#samplesPerPixel - this.#samples;
    // Of about equal length. One that has a little more than there is time for is not cut.
    const dispatches = Math.min(left, Math.max(1, Math.round((left * this.#length) / this.#size)));
    const affordableTests = Math.round(this.#testsPerMs * SLICE_MS * BUDGET_SLICES);
    return {
      fromPixel: this.#from,
      toPixel: this.#from + this.#length,
      toSample: this.#samples + Math.ceil(left / dispatches),
      isBegun: this.#isBegun,
      budget: Math.min(LARGEST_BUDGET, Math.max(LEAST_BUDGET, affordableTests)),
    };
  }

  /** `next` was rendered. */
  rendered({ toSample }: RayBand, { tests, isFinished }: Rendered, tookMs: number): void {
    const ms = Math.max(tookMs, MIN_MEASURED_MS);
    this.#testsPerMs = Math.max(this.#testsPerMs, tests / ms);
    const samples = this.#length * (toSample - this.#samples);
    // Approaches the length of a slice gradually.
    const wanted = (samples * SLICE_MS) / ms;
    const size = isFinished
      ? Math.min(2 * this.#size, Math.max(this.#size / 4, wanted))
      : Math.min(this.#size, samples) / 4;
    this.#size = Math.max(WORKGROUP, size);
    if (isFinished) this.#samples = toSample;
    this.#isBegun = true;
    if (this.#samples === this.#samplesPerPixel) this.#begin(this.#from + this.#length);
    // Too much even with one sample of each. The pixels behind start anew in a later band.
    else if (!isFinished || this.#size <= this.#length / 4) this.#length = Math.min(this.#length, this.#nextLength());
  }

  #begin(from: number): void {
    this.#from = from;
    this.#samples = 0;
    this.#isBegun = false;
    this.#length = this.#nextLength();
  }

  /** As many pixels as there is time for all samples of, or as keep the GPU busy; at least a workgroup. */
  #nextLength(): number {
    const whole = this.#size / this.#samplesPerPixel;
    const busy = Math.min(BUSY_PIXELS, this.#size / LEAST_SAMPLES_OF_EACH);
    const wanted = Math.min(MAX_BAND_PIXELS, Math.max(whole, busy));
    return Math.min(this.#pixels - this.#from, toWorkgroups(wanted));
  }
}

/** Rounds to full workgroups. */
function toWorkgroups(pixels: number): number {
  return Math.max(1, Math.round(pixels / WORKGROUP)) * WORKGROUP;
}
