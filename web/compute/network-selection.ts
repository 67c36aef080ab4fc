import { MeshError } from '../../shared/errors.ts';
import type { PixelImage } from '../../shared/tasks/definition.ts';
import { IMAGE } from '../../shared/tasks/tuning.ts';
import { NETWORKS, type Network, upscale } from '../../shared/tasks/upscale.ts';
import type { Backend } from './backend.ts';
import { testPattern } from './filter-benchmark.ts';
import type { NetworkShape } from './models/manifest.ts';
import { type ModelSource, modelName } from './models/model-source.ts';
import { inputKindOf } from './networks/input-kind.ts';
import { doubledReference } from './networks/reference-network.ts';
import { type Layer, unpackLayers } from './networks/weights.ts';
import type { Started, TimeSlot } from './schedule.ts';
import { COMPUTE } from './tuning.ts';

export interface NetworkSelectionOptions {
  /** Without any, no network runs. */
  models: ModelSource | undefined;
  /** Those of a later row are not even loaded while one of an earlier row answers right. Not ours to dispose. */
  tiers: readonly (readonly Backend[])[];
  now(): number;
  probe?(backend: Backend, probe: NetworkBenchmark): Promise<RunCost | null>;
}

/** Failures that say nothing of a backend: it may do well the next time. */
const PASSING = ['connection-failed', 'device-lost', 'closed', 'malformed'] as const;

/** Which backend runs which network at which size: measured when a network is first needed, by those that could, and kept. */
export class NetworkSelection {
  readonly #options: NetworkSelectionOptions;
  readonly #measuring = new Map<Network, Promise<void>>();
  readonly #candidates = new Map<Network, Candidate[]>();

  constructor(options: NetworkSelectionOptions) {
    this.#options = options;
  }

  /** Resolves to whether something new is known. Throws MeshError `unknown-model` when nothing here runs it, `connection-failed`. */
  async prepare(network: Network, run: RunInSlot): Promise<boolean> {
    const known = this.#measuring.get(network);
    const measuring = known ?? this.#measure(network, run);
    this.#measuring.set(network, measuring);
    try {
      await measuring;
    } catch (cause) {
      // The next one who asks tries again, unless it is known to be of no use.
      const error = MeshError.from(cause);
      if (error.reason !== 'unknown-model') this.#measuring.delete(network);
      throw error;
    }
    return !known;
  }

  /** Once it was prepared. Throws MeshError `unknown-model`. */
  backendFor(network: Network, sourcePixels: number): Backend {
    const backend = this.find(network, sourcePixels);
    if (backend) return backend;
    throw unknownModel(network, 'it was not measured');
  }

  find(network: Network, sourcePixels: number): Backend | undefined {
    return fastestAt(this.#candidates.get(network) ?? [], sourcePixels)?.backend;
  }

  /** What is known, as a volunteer tells it: by the key of the estimates. */
  get speeds(): Record<string, { backend: string; unitsPerMs: number }> {
    const speeds: Record<string, { backend: string; unitsPerMs: number }> = {};
    const { networkToldWidth: width, networkToldHeight: height } = COMPUTE;
    for (const network of NETWORKS) {
      const contender = fastestAt(this.#candidates.get(network) ?? [], width * height);
      if (!contender) continue;
      const shape = { width, height, outWidth: width * 2, outHeight: height * 2, quality: network };
      const ms = Math.max(predictMs(contender.cost, width * height), COMPUTE.leastProbeMs);
      speeds[upscale.kindOf(shape)] = { backend: contender.backend.name, unitsPerMs: upscale.cost(shape) / ms };
    }
    return speeds;
  }

  async #measure(network: Network, run: RunInSlot): Promise<void> {
    const { models, tiers, now, probe = benchmarkNetwork } = this.#options;
    if (!models) throw unknownModel(network, 'no models were given');
    const { model, bytes } = await models.load(modelName(network, inputKindOf(checkPicture())), 'wgsl');
    const shape = model.network;
    const asked: NetworkBenchmark = { network, shape, layers: unpackLayers(shape, bytes), run, now };
    const refusals: string[] = [];
    for (const tier of tiers) {
      const right: Candidate[] = [];
      for (const backend of tier) {
        const cost = await probe(backend, asked).catch((cause: unknown) => refusalOf(cause, backend, refusals));
        if (cost) right.push({ backend, cost });
        else if (cost === null) refusals.push(`${backend.name} computes it wrong`);
      }
      if (right.length === 0) continue;
      this.#candidates.set(network, right);
      return;
    }
    throw unknownModel(network, refusals.join('; ') || 'there is nothing to run it with');
  }
}

/** Throws what will pass. */
function refusalOf(cause: unknown, backend: Backend, refusals: string[]): undefined {
  const error = MeshError.from(cause);
  if (PASSING.some((reason) => reason === error.reason)) throw error;
  refusals.push(`${backend.name}: ${error.message}`);
  return undefined;
}

function unknownModel(network: Network, why: string): MeshError {
  return new MeshError('unknown-model', `The network '${network}' does not run here (${why}). Use 'spatial'.`);
}

/** Has something done in a turn of the schedule. */
export type RunInSlot = <T>(body: (slot: TimeSlot) => Promise<Started<T>>) => Promise<T>;

/** Runs of one size after the first, which pays for compiling and allocating. */
const MAX_RUNS = 4;

/** What is measured, and what time is. */
export interface NetworkBenchmark {
  network: Network;
  /** With the weights for such a picture as {@link checkPicture}. */
  shape: NetworkShape;
  layers: readonly Layer[];
  run: RunInSlot;
  now(): number;
}

/** Null when it answers otherwise than the reference. Throws MeshError when it does not answer. */
export async function benchmarkNetwork(backend: Backend, probe: NetworkBenchmark): Promise<RunCost | null> {
  // What is loaded is loaded before its turn, so that nobody waits behind a download.
  await backend.prepare?.(probe.network);
  if (!(await isRight(backend, probe))) return null;
  const { probeWidth: width, probeHeight: height, networkProbeMs } = COMPUTE;
  const small = await timed(backend, probe, testPattern(width / 2, height / 2));
  // Four times the pixels.
  if (small.ms * 4 > networkProbeMs) return fitRunCost(small);
  return fitRunCost(small, await timed(backend, probe, testPattern(width, height)));
}

/** What a backend's answer is judged by. */
export function checkPicture(): PixelImage {
  return testPattern(COMPUTE.networkCheckWidth, COMPUTE.networkCheckHeight);
}

async function isRight(backend: Backend, probe: NetworkBenchmark): Promise<boolean> {
  const image = checkPicture();
  const { pixels } = await runOnce(backend, probe, image);
  const expected = doubledReference(probe.shape, probe.layers, image).data;
  return pixels.length === expected.length && areAlike(pixels, expected, IMAGE.networkTolerance8bit);
}

/** What is all but transparent has colours that are noise. */
function areAlike(a: Uint8Array, b: Uint8ClampedArray, tolerance: number): boolean {
  const seen = (of: Uint8Array | Uint8ClampedArray, i: number) =>
    (of[i] ?? 0) * (i % 4 === 3 ? 1 : (of[i | 3] ?? 0) / 255);
  return a.every((_, i) => Math.abs(seen(a, i) - seen(b, i)) <= tolerance);
}

/** The best of a few runs, which take no longer than they may and the one run that passes it. */
async function timed(backend: Backend, probe: NetworkBenchmark, image: PixelImage): Promise<Timed> {
  const startMs = probe.now();
  let ms = Number.POSITIVE_INFINITY;
  for (let run = 0; run < MAX_RUNS && (run === 0 || probe.now() - startMs < COMPUTE.networkProbeMs); run++) {
    ms = Math.min(ms, (await runOnce(backend, probe, image)).ms);
  }
  return { pixels: image.width * image.height, ms };
}

/** Timed from its turn to its result. */
async function runOnce(backend: Backend, { network, run, now }: NetworkBenchmark, { width, height, data }: PixelImage) {
  const shape = { width, height, outWidth: width * 2, outHeight: height * 2, quality: network };
  let startMs = 0;
  const pixels = await run((slot) => {
    startMs = now();
    return backend.startPixels(new Uint8Array(data), shape, slot);
  });
  return { pixels, ms: now() - startMs };
}

/** How long a backend takes for one thing: a fixed part, and one by source pixels. */
export interface RunCost {
  fixedMs: number;
  msPerPixel: number;
}

/** A run that was timed. */
export interface Timed {
  pixels: number;
  ms: number;
}

export interface Candidate {
  backend: Backend;
  cost: RunCost;
}

/** From two sizes, or from one where the other would have taken too long. Neither part is ever negative. */
export function fitRunCost(small: Timed, large?: Timed): RunCost {
  const proportional = small.ms / small.pixels;
  if (!large) return { fixedMs: 0, msPerPixel: proportional };
  const slope = (large.ms - small.ms) / (large.pixels - small.pixels);
  const msPerPixel = Math.min(Math.max(0, slope), large.ms / large.pixels);
  return { fixedMs: Math.max(0, large.ms - msPerPixel * large.pixels), msPerPixel };
}

export function predictMs({ fixedMs, msPerPixel }: RunCost, pixels: number): number {
  return fixedMs + msPerPixel * pixels;
}

/** The first of those that are equally fast; undefined when there is none. */
export function fastestAt<T extends { cost: RunCost }>(contenders: readonly T[], pixels: number): T | undefined {
  let best: T | undefined;
  for (const contender of contenders) {
    if (!best || predictMs(contender.cost, pixels) < predictMs(best.cost, pixels)) best = contender;
  }
  return best;
}
