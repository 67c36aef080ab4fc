import type * as Ort from 'onnxruntime-web/wasm';
import type { PixelImage } from '../../shared/tasks/definition.ts';
import { NETWORKS, type Network } from '../../shared/tasks/upscale.ts';
import { modelName } from '../../web/compute/models/model-source.ts';
import { inputKindOf } from '../../web/compute/networks/input-kind.ts';
import { cpuRuntime } from '../../web/compute/ort/runtime.ts';

/**
 * Our networks as onnxruntime-web runs them on the processor, in float32, with the weights that the picture's own pixels ask for: that the
 * other ways agree with it is tested elsewhere.
 */
export class OnnxNetworks {
  readonly #runtime: Awaited<ReturnType<typeof cpuRuntime>>;
  readonly #sessions: ReadonlyMap<string, Ort.InferenceSession>;

  private constructor(
    runtime: Awaited<ReturnType<typeof cpuRuntime>>,
    sessions: ReadonlyMap<string, Ort.InferenceSession>,
  ) {
    this.#runtime = runtime;
    this.#sessions = sessions;
  }

  /** @param urls by the model's name */
  static async load(urls: Readonly<Record<string, string>>): Promise<OnnxNetworks> {
    const runtime = await cpuRuntime();
    // There is a worker for each core already.
    runtime.env.wasm.numThreads = 1;
    const sessions = new Map<string, Ort.InferenceSession>();
    for (const [name, url] of Object.entries(urls)) {
      const response = await fetch(url);
      if (!response.ok) throw new Error(`${url}: ${response.status}`);
      const bytes = new Uint8Array(await response.arrayBuffer());
      sessions.set(name, await runtime.InferenceSession.create(bytes, { executionProviders: ['wasm'] }));
    }
    return new OnnxNetworks(runtime, sessions);
  }

  get names(): Network[] {
    return NETWORKS.filter((network) => this.#sessions.has(modelName(network, 'smooth')));
  }

  async run(network: Network, image: PixelImage): Promise<PixelImage> {
    const { width, height } = image;
    const source = new this.#runtime.Tensor('float32', toPlanes(image), [1, 3, height, width]);
    const outputs = await this.#sessions.get(modelName(network, inputKindOf(image)))?.run({ source });
    const values = outputs?.sharp?.data;
    if (!(values instanceof Float32Array)) throw new Error(`The network ${network} gave no picture.`);
    return { width: width * 2, height: height * 2, data: toPixels(values) };
  }
}

function toPlanes({ data }: PixelImage): Float32Array {
  const pixels = data.length / 4;
  const planes = new Float32Array(pixels * 3);
  for (let colour = 0; colour < 3; colour++) {
    for (let pixel = 0; pixel < pixels; pixel++) {
      planes[colour * pixels + pixel] = (data[pixel * 4 + colour] ?? 0) / 255;
    }
  }
  return planes;
}

function toPixels(planes: Float32Array): Uint8ClampedArray {
  const pixels = planes.length / 3;
  const data = new Uint8ClampedArray(pixels * 4).fill(255);
  for (let colour = 0; colour < 3; colour++) {
    for (let pixel = 0; pixel < pixels; pixel++) {
      data[pixel * 4 + colour] = (planes[colour * pixels + pixel] ?? 0) * 255;
    }
  }
  return data;
}
