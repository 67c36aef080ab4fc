import { MeshError } from '../../shared/errors.ts';
import { NETWORKS, type Network, upscale } from '../../shared/tasks/upscale.ts';
import type { Backend } from './backend.ts';
import { modelName } from './models/model-name.ts';
import type { ModelSource } from './models/model-source.ts';
import { checkPicture, type NetworkProbe, probeNetwork, type RunInTurn } from './network-probe.ts';
import { inputKindOf } from './networks/input-kind.ts';
import { unpackLayers } from './networks/layers.ts';
import { type Contender, fastestAt, predictMs, type Speed } from './speed.ts';
import { COMPUTE } from './tuning.ts';

export interface NetworkChoiceOptions {
  /** Without any, no network runs. */
  models: ModelSource | undefined;
  /** Those of a later row are not even loaded while one of an earlier row answers right. Not ours to dispose. */
  rows: readonly (readonly Backend[])[];
  now(): number;
  probe?(backend: Backend, probe: NetworkProbe): Promise<Speed | null>;
}

/** Failures that say nothing of a backend: it may do well the next time. */
const PASSING = ['connection-failed', 'device-lost', 'closed', 'malformed'] as const;

/** Which backend runs which network at which size: measured when a network is first needed, by those that could, and kept. */
export class NetworkChoice {
  readonly #options: NetworkChoiceOptions;
  readonly #measuring = new Map<Network, Promise<void>>();
  readonly #right = new Map<Network, Contender[]>();

  constructor(options: NetworkChoiceOptions) {
    this.#options = options;
  }

  /** Resolves to whether something new is known. Throws MeshError `unknown-model` when nothing here runs it, `connection-failed`. */
  async prepare(network: Network, run: RunInTurn): Promise<boolean> {
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
    return fastestAt(this.#right.get(network) ?? [], sourcePixels)?.backend;
  }

  /** What is known, as a volunteer tells it: by the key of the estimates. */
  get speeds(): Record<string, { backend: string; unitsPerMs: number }> {
    const speeds: Record<string, { backend: string; unitsPerMs: number }> = {};
    const { networkToldWidth: width, networkToldHeight: height } = COMPUTE;
    for (const network of NETWORKS) {
      const contender = fastestAt(this.#right.get(network) ?? [], width * height);
      if (!contender) continue;
      const shape = { width, height, outWidth: width * 2, outHeight: height * 2, quality: network };
      const ms = Math.max(predictMs(contender.speed, width * height), COMPUTE.leastProbeMs);
      speeds[upscale.kindOf(shape)] = { backend: contender.backend.name, unitsPerMs: upscale.cost(shape) / ms };
    }
    return speeds;
  }

  async #measure(network: Network, run: RunInTurn): Promise<void> {
    const { models, rows, now, probe = probeNetwork } = this.#options;
    if (!models) throw unknownModel(network, 'no models were given');
    const { model, bytes } = await models.load(modelName(network, inputKindOf(checkPicture())), 'wgsl');
    const shape = model.network;
    const asked: NetworkProbe = { network, shape, layers: unpackLayers(shape, bytes), run, now };
    const refusals: string[] = [];
    for (const row of rows) {
      const right: Contender[] = [];
      for (const backend of row) {
        const speed = await probe(backend, asked).catch((cause: unknown) => refusalOf(cause, backend, refusals));
        if (speed) right.push({ backend, speed });
        else if (speed === null) refusals.push(`${backend.name} computes it wrong`);
      }
      if (right.length === 0) continue;
      this.#right.set(network, right);
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
