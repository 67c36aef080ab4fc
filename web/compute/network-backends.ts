import { MeshError } from '../../shared/errors.ts';
import { logger } from '../../shared/log.ts';
import type { PixelImage } from '../../shared/tasks/definition.ts';
import { IMAGE, NETWORK_LAYERS, NETWORKS, type Network, upscale } from '../../shared/tasks/upscale.ts';
import { BACKEND_NAMES, type Backend, type BackendName } from './backend.ts';
import { BENCHMARK_HEIGHT, BENCHMARK_WIDTH, opaquePattern } from './filter-benchmark.ts';
import {
  fastestAt,
  fitRunCost,
  MIN_MEASURED_MS,
  type NetworkCosts,
  predictMs,
  type RunCost,
  type TimedRun,
} from './measured-speeds.ts';
import type { NetworkShape } from './models/manifest.ts';
import type { ModelSource } from './models/model-source.ts';
import { doubledReference } from './networks/reference-network.ts';
import { type Layer, unpackLayers } from './networks/weights.ts';
import type { Started, TimeSlot } from './schedule.ts';

const log = logger('compute.networks');

/** Time, ms, for timing one network on one backend at one size. A slow network is offered with its slow speed rather than timed longer. */
export const NETWORK_TIMING_MS = 400;

/** The picture that checks a network has more than one workgroup of its kernels along each side. The reference takes a tenth of a second for it. */
const CHECK_SIZE = { width: 26, height: 18 } as const;
export const NETWORK_CHECK_SIZES: Record<Network, { width: number; height: number }> = {
  fast: CHECK_SIZE,
  balanced: CHECK_SIZE,
  quality: CHECK_SIZE,
  ultra: { width: 18, height: 10 },
};

/**
 * The network from whose measured cost that of a larger one is assumed until it is measured too: so nobody fetches and runs it on a machine that cannot be
 * fast enough.
 */
const ASSUMED_FROM: Partial<Record<Network, Network>> = { ultra: 'quality' };

/** Runs that are assumed to take longer, ms, are not timed: a stream's frames wait for each. Most processors take longer for `ultra`. */
const LONGEST_TIMED_RUN_MS = 25;

/** The frames of most streams. A network that is assumed to be too slow for them is not got ready before somebody asks for it. */
export const USUAL_FRAME = { width: 640, height: 360, intervalMs: 1000 / 30 } as const;

/** Size of the source pictures that a volunteer's advertised speed is for: the frames of a modest machine. */
export const ADVERTISED_SIZE = { width: 320, height: 180 } as const;

/** The smallest of the sizes that are timed. */
const SMALL_SIZE = { width: BENCHMARK_WIDTH / 2, height: BENCHMARK_HEIGHT / 2 } as const;

/** Timed runs of one size. The fastest counts: the first pays for compiling and allocating. */
const MAX_RUNS = 4;

/** Errors that say nothing about a backend, which may succeed the next time. */
const TRANSIENT_REASONS = ['connection-failed', 'device-lost', 'closed', 'malformed'] as const;

/** Runs something in a time slot of the schedule. */
export type RunInSlot = <T>(body: (slot: TimeSlot) => Promise<Started<T>>) => Promise<T>;

export interface NetworkBackendsOptions {
  /** Undefined: no network runs. */
  models: ModelSource | undefined;
  /** Backends by preference. Those of a later tier are not even loaded while one of an earlier tier is correct. Not owned. */
  tiers: readonly (readonly Backend[])[];
  /** Costs measured earlier on the same adapter: a backend with a known cost is checked but not timed. */
  knownCosts?: NetworkCosts | undefined;
  now(): number;
}

interface Candidate {
  backend: Backend;
  cost: RunCost;
}

/** Chooses the backend for each network and picture size. Candidates are checked and timed when a network is first needed. */
export class NetworkBackends {
  readonly #options: NetworkBackendsOptions;
  readonly #measuring = new Map<Network, Promise<void>>();
  readonly #candidates = new Map<Network, Candidate[]>();

  constructor(options: NetworkBackendsOptions) {
    this.#options = options;
  }

  /**
   * Measures a network unless that was done. Resolves to whether this call measured it. Throws MeshError `unknown-model` when no backend
   * here computes it right, `connection-failed` when a file cannot be fetched.
   */
  async prepare(network: Network, run: RunInSlot): Promise<boolean> {
    const known = this.#measuring.get(network);
    const measuring = known ?? this.#measure(network, run);
    this.#measuring.set(network, measuring);
    try {
      await measuring;
    } catch (cause) {
      // The next call tries again, unless it is certain that the network does not run here.
      const error = MeshError.from(cause);
      if (error.reason !== 'unknown-model') this.#measuring.delete(network);
      throw error;
    }
    return !known;
  }

  /** The fastest backend for a network that was prepared. Throws MeshError `unknown-model`. */
  backendFor(network: Network, sourcePixels: number): Backend {
    const backend = this.find(network, sourcePixels);
    if (backend) return backend;
    throw unknownModel(network, 'it was not measured');
  }

  find(network: Network, sourcePixels: number): Backend | undefined {
    return fastestAt(this.#candidates.get(network) ?? [], sourcePixels)?.backend;
  }

  /**
   * Time for a network that was measured, now or earlier, or can be assumed from a smaller one that was, ms; null for others.
   *
   * @param on - default: the fastest backend.
   */
  predictMs(network: Network, sourcePixels: number, on?: BackendName): number | null {
    const costs = this.costs[network] ?? this.#assumedCosts(network);
    const name = on ?? this.likelyBackend(network, sourcePixels);
    const cost = name && costs[name];
    return cost ? predictMs(cost, sourcePixels) : null;
  }

  /** The backend that is expected to be the fastest by what {@link predictMs} knows; undefined where that is nothing. */
  likelyBackend(network: Network, sourcePixels: number): BackendName | undefined {
    const costs = this.costs[network] ?? this.#assumedCosts(network);
    const candidates = BACKEND_NAMES.flatMap((name) => {
      const cost = costs[name];
      return cost ? [{ name, cost }] : [];
    });
    return fastestAt(candidates, sourcePixels)?.name;
  }

  /** Whether a network is worth getting ready before anybody asks for it: not if it is only assumed, and so slow that usual streams would not use it. */
  isWorthPreparing(network: Network): boolean {
    if (!ASSUMED_FROM[network]) return true;
    const ms = this.predictMs(network, USUAL_FRAME.width * USUAL_FRAME.height);
    return ms !== null && ms <= USUAL_FRAME.intervalMs;
  }

  /** Speeds of the networks measured so far, by `upscale.kindOf`: what a volunteer advertises. */
  get speeds(): Record<string, { backend: string; unitsPerMs: number }> {
    const speeds: Record<string, { backend: string; unitsPerMs: number }> = {};
    const { width, height } = ADVERTISED_SIZE;
    for (const network of NETWORKS) {
      const candidate = fastestAt(this.#candidates.get(network) ?? [], width * height);
      if (!candidate) continue;
      const shape = { width, height, outWidth: width * 2, outHeight: height * 2, quality: network };
      const ms = Math.max(predictMs(candidate.cost, width * height), MIN_MEASURED_MS);
      speeds[upscale.kindOf(shape)] = { backend: candidate.backend.name, unitsPerMs: upscale.cost(shape) / ms };
    }
    return speeds;
  }

  /** The costs measured so far, and those that were known before. */
  get costs(): NetworkCosts {
    const costs: NetworkCosts = { ...this.#options.knownCosts };
    for (const [network, candidates] of this.#candidates) {
      costs[network] = Object.fromEntries(candidates.map(({ backend, cost }) => [backend.name, cost]));
    }
    return costs;
  }

  #assumedCosts(network: Network): Partial<Record<BackendName, RunCost>> {
    const smaller = ASSUMED_FROM[network];
    if (!smaller) return {};
    const known = Object.entries(this.costs[smaller] ?? {});
    return Object.fromEntries(known.map(([name, cost]) => [name, assumedCost(network, smaller, cost)]));
  }

  async #measure(network: Network, run: RunInSlot): Promise<void> {
    const { models, tiers, knownCosts, now } = this.#options;
    if (!models) throw unknownModel(network, 'no models were given');
    const { model, bytes } = await models.load(network, 'wgsl');
    const shape = model.network;
    const assumed = this.#assumedCosts(network);
    const benchmark: NetworkBenchmark = { network, shape, layers: unpackLayers(shape, bytes), run, now };
    const refusals: string[] = [];
    for (const tier of tiers) {
      const correct: Candidate[] = [];
      for (const backend of tier) {
        const known = knownCosts?.[network]?.[backend.name] ?? ifSlow(assumed[backend.name]);
        const cost = await benchmarkNetwork(backend, benchmark, known).catch((cause: unknown) =>
          refusalOf(cause, backend, refusals),
        );
        if (cost) correct.push({ backend, cost });
        else if (cost === null) refusals.push(`${backend.name} computes it wrong`);
      }
      if (correct.length === 0) continue;
      this.#candidates.set(network, correct);
      log.info('measured', { network, fastest: this.find(network, BENCHMARK_WIDTH * BENCHMARK_HEIGHT)?.name });
      return;
    }
    log.warn('runs nowhere', { network });
    throw unknownModel(network, refusals.join('; ') || 'there is nothing to run it with');
  }
}

/** Records why a backend does not run a network. Throws errors that are transient. */
function refusalOf(cause: unknown, backend: Backend, refusals: string[]): undefined {
  const error = MeshError.from(cause);
  if (TRANSIENT_REASONS.some((reason) => reason === error.reason)) throw error;
  refusals.push(`${backend.name}: ${error.message}`);
  return undefined;
}

/** Work for a source pixel, in units of `upscale.cost`. */
function workOf(quality: Network): number {
  return upscale.cost({ width: 1, height: 1, outWidth: 2, outHeight: 2, quality });
}

/**
 * The cost of a network from that of a smaller one: the fixed part grows with the passes, and the rest with the work. Of a fast GPU even the largest timed
 * run is mostly overhead, and then noise decides how little of it is counted for the pixels. So as much is as if the whole run had been for them.
 */
function assumedCost(network: Network, smaller: Network, known: RunCost): RunCost {
  const usualPixels = USUAL_FRAME.width * USUAL_FRAME.height;
  const msPerPixel = Math.max(known.msPerPixel, predictMs(known, usualPixels) / usualPixels);
  return {
    fixedMs: (known.fixedMs * NETWORK_LAYERS[network]) / NETWORK_LAYERS[smaller],
    msPerPixel: (msPerPixel * workOf(network)) / workOf(smaller),
  };
}

/** A cost with which even the smaller benchmark takes too long. */
function ifSlow(cost: RunCost | undefined): RunCost | undefined {
  return cost && predictMs(cost, SMALL_SIZE.width * SMALL_SIZE.height) > LONGEST_TIMED_RUN_MS ? cost : undefined;
}

function unknownModel(network: Network, why: string): MeshError {
  return new MeshError('unknown-model', `The network '${network}' does not run here (${why}). Use 'spatial'.`);
}

interface NetworkBenchmark {
  network: Network;
  shape: NetworkShape;
  layers: readonly Layer[];
  run: RunInSlot;
  now(): number;
}

/** Checks a backend and times it unless its cost is known. Null when it computes the network wrong. Throws MeshError when it fails. */
async function benchmarkNetwork(
  backend: Backend,
  benchmark: NetworkBenchmark,
  known: RunCost | undefined,
): Promise<RunCost | null> {
  // Loaded before its time slot, so that no one waits behind a download.
  await backend.prepare?.(benchmark.network);
  if (!(await isCorrect(backend, benchmark))) return null;
  if (known) return known;
  const small = await timed(backend, benchmark, opaquePattern(SMALL_SIZE.width, SMALL_SIZE.height));
  // The larger picture has four times the pixels.
  if (small.ms * 4 > NETWORK_TIMING_MS) return fitRunCost(small);
  const large = await timed(backend, benchmark, opaquePattern(BENCHMARK_WIDTH, BENCHMARK_HEIGHT));
  const cost = fitRunCost(small, large);
  const { width, height } = USUAL_FRAME;
  if (predictMs(cost, width * height) > LONGEST_TIMED_RUN_MS) return cost;
  // What is that fast is a GPU, which does both sizes in about the same time: they tell only its overhead.
  return fitRunCost(large, await timed(backend, benchmark, opaquePattern(width, height)));
}

async function isCorrect(backend: Backend, benchmark: NetworkBenchmark): Promise<boolean> {
  const { width, height } = NETWORK_CHECK_SIZES[benchmark.network];
  const image = opaquePattern(width, height);
  const { pixels } = await runOnce(backend, benchmark, image);
  const expected = doubledReference(benchmark.shape, benchmark.layers, image).data;
  return pixels.length === expected.length && areSimilar(pixels, expected, IMAGE.networkTolerance8bit);
}

function areSimilar(a: Uint8Array, b: Uint8ClampedArray, tolerance: number): boolean {
  return a.every((value, i) => Math.abs(value - (b[i] ?? 0)) <= tolerance);
}

/** The fastest of a few runs. Starts none after {@link NETWORK_TIMING_MS} of them, but always makes one. */
async function timed(backend: Backend, benchmark: NetworkBenchmark, image: PixelImage): Promise<TimedRun> {
  let ms = Number.POSITIVE_INFINITY;
  let spentMs = 0;
  for (let run = 0; run < MAX_RUNS && (run === 0 || spentMs < NETWORK_TIMING_MS); run++) {
    const once = await runOnce(backend, benchmark, image);
    spentMs += once.ms;
    ms = Math.min(ms, once.ms);
  }
  return { pixels: image.width * image.height, ms };
}

/** `ms` counts from the start of the time slot to the result. */
async function runOnce(backend: Backend, { network, run, now }: NetworkBenchmark, { width, height, data }: PixelImage) {
  const shape = { width, height, outWidth: width * 2, outHeight: height * 2, quality: network };
  let startMs = 0;
  const pixels = await run((slot) => {
    startMs = now();
    return backend.startPixels(new Uint8Array(data), shape, slot);
  });
  return { pixels, ms: now() - startMs };
}
