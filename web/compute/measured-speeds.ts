import { TASK_NAMES } from '../../shared/tasks/definition.ts';
import { NETWORKS, type Network } from '../../shared/tasks/upscale.ts';
import { z } from '../../shared/zod.ts';
import { BACKEND_NAMES, type BackendName, FRAME_EXPORTS, FRAME_IMPORTS, type FramePaths } from './backend.ts';

/** Raise it whenever a kernel, a benchmark or a unit of cost changes, so that speeds kept by an older build are measured again. */
const BENCHMARK_VERSION = 3;

/**
 * Shortest duration, ms, that a measurement may report. Browsers round their clocks: to 0.1 ms where a page is not cross-origin
 * isolated (HR-Time specification, "Clock resolution").
 */
export const MIN_MEASURED_MS = 0.1;

/**
 * What an engine measured of one adapter. Plain JSON: it can be stored, posted to a worker and handed to another engine, which then
 * checks that the answers are still right and skips the timing.
 */
export interface MeasuredSpeeds {
  /** Build, browser, adapter and preference for which it holds: see {@link speedsKey}. An engine ignores speeds with another key. */
  key: string;
  /** Filters on the processor, units of `upscale.cost` per ms. */
  cpuUnitsPerMs: number;
  /** Null where there is no GPU, or where it was too slow, computed wrong or did not run the kernels. */
  gpu: GpuSpeeds | null;
  /** Cost of each network on the backends that compute it right, as far as networks were needed. */
  networks: NetworkCosts;
}

export interface GpuSpeeds {
  /** Filters, units of `upscale.cost` per ms. */
  filterUnitsPerMs: number;
  framePaths: FramePaths;
  /** By task type: the types that the GPU computes right and faster than the processor. */
  executors: Readonly<Record<string, ExecutorSpeed>>;
}

export interface ExecutorSpeed {
  /** Units of the type's `cost` per ms. */
  unitsPerMs: number;
  /** Cost and size (cells of a grid, bodies) of the smallest task that is faster on the GPU; 0: any. */
  minCost: number;
  minSize: number;
}

export type NetworkCosts = Partial<Record<Network, Partial<Record<BackendName, RunCost>>>>;

/** Longest key: an adapter's name has at most 100, a browser's user agent about 150, in some embedded browsers several hundred. */
const MAX_KEY_CHARS = 1_000;

const speed = z.number().positive();
const duration = z.number().nonnegative();
const executorSpeed = z.strictObject({
  unitsPerMs: speed,
  minCost: z.number().nonnegative(),
  minSize: z.number().nonnegative(),
});
const runCost = z.strictObject({ fixedMs: duration, msPerPixel: duration });

/** Checks speeds that were stored: their storage may be corrupt, or hold what another version of this code wrote. */
export const measuredSpeedsSchema: z.ZodType<MeasuredSpeeds> = z.strictObject({
  key: z.string().max(MAX_KEY_CHARS),
  cpuUnitsPerMs: speed,
  gpu: z.nullable(
    z.strictObject({
      filterUnitsPerMs: speed,
      framePaths: z.strictObject({ frameIn: z.enum(FRAME_IMPORTS), frameOut: z.enum(FRAME_EXPORTS) }),
      executors: z.partialRecord(z.enum(TASK_NAMES), executorSpeed),
    }),
  ),
  networks: z.partialRecord(z.enum(NETWORKS), z.partialRecord(z.enum(BACKEND_NAMES), runCost)),
});

/**
 * @param adapter - name of the GPU; empty where none is used.
 * @param userAgent - default: this browser's.
 */
export function speedsKey(
  adapter: string,
  preferBackend: BackendName | undefined,
  userAgent = globalThis.navigator?.userAgent ?? '',
): string {
  return [BENCHMARK_VERSION, userAgent, adapter, preferBackend ?? ''].join('|');
}

/** Duration of a run as a linear function of the source's pixels. */
export interface RunCost {
  fixedMs: number;
  msPerPixel: number;
}

export interface TimedRun {
  pixels: number;
  ms: number;
}

/** Fits the cost to runs of two sizes, or of one where the larger would have taken too long. Neither coefficient is negative. */
export function fitRunCost(small: TimedRun, large?: TimedRun): RunCost {
  const proportional = small.ms / small.pixels;
  if (!large) return { fixedMs: 0, msPerPixel: proportional };
  const slope = (large.ms - small.ms) / (large.pixels - small.pixels);
  const msPerPixel = Math.min(Math.max(0, slope), large.ms / large.pixels);
  return { fixedMs: Math.max(0, large.ms - msPerPixel * large.pixels), msPerPixel };
}

export function predictMs({ fixedMs, msPerPixel }: RunCost, pixels: number): number {
  return fixedMs + msPerPixel * pixels;
}

/** The first of the fastest; undefined for an empty list. */
export function fastestAt<T extends { cost: RunCost }>(candidates: readonly T[], pixels: number): T | undefined {
  let best: T | undefined;
  for (const candidate of candidates) {
    if (!best || predictMs(candidate.cost, pixels) < predictMs(best.cost, pixels)) best = candidate;
  }
  return best;
}
