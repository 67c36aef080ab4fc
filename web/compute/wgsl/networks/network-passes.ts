import type { PictureSize } from '../../../../shared/tasks/upscale-size.ts';
import type { UpscaleShape } from '../../backend.ts';
import { channelBlocks } from '../../networks/weights.ts';
import { type Bindings, type Kernel, KernelDispatch, type Passes, type SourceResource } from '../filter-passes.ts';
import type { CompiledNetwork, LayerKernel } from './compiled-network.ts';
import { BINDING } from './convolution.ts';

/** Bytes of features between a network's layers: 4 megapixels at 32 channels of 4 bytes, in two textures. With more, other users of the GPU starve. */
const MAX_FEATURE_BYTES = 1024 * 1024 * 1024;

export interface NetworkKernels {
  network: CompiledNetwork;
  /** Copies an imported frame into a texture first: otherwise every layer would convert its colours again, nine times a pixel. */
  copy: Kernel | null;
  /** Resizes the doubled picture; null when that is the wanted size. */
  resize: Kernel | null;
}

/** The passes of a network for pictures of one shape. Layers write to two textures of features alternately. */
export class NetworkPasses implements Passes {
  readonly sizeBytes: number;
  readonly #layers: readonly { dispatch: KernelDispatch; kernel: LayerKernel }[];
  readonly #features: readonly Texture[];
  readonly #copy: ExtraPass | null;
  readonly #resize: ExtraPass | null;

  constructor(device: GPUDevice, { network, copy, resize }: NetworkKernels, shape: UpscaleShape) {
    const size = { width: shape.width, height: shape.height };
    this.#layers = network.layers.map((kernel) => ({ kernel, dispatch: new KernelDispatch(device, kernel, size) }));
    this.#features = featureTextures(network).map((texture) => new Texture(device, { ...size, ...texture }));
    const doubled = { width: 2 * shape.width, height: 2 * shape.height };
    const result = { width: shape.outWidth, height: shape.outHeight };
    this.#copy = copy && { dispatch: new KernelDispatch(device, copy, shape), texture: picture(device, shape) };
    this.#resize = resize && {
      dispatch: new KernelDispatch(device, resize, result),
      texture: picture(device, doubled),
    };
    this.sizeBytes = this.#textures.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  }

  encode(pass: GPUComputePassEncoder, source: SourceResource, result: GPUTextureView): void {
    this.#copy?.dispatch.encode(pass, { [BINDING.source]: source, [BINDING.result]: this.#copy.texture.view });
    const read = this.#copy?.texture.view ?? source;
    const made = this.#resize?.texture.view ?? result;
    for (const [n, { dispatch, kernel }] of this.#layers.entries()) {
      dispatch.encode(pass, this.#bindings(n, kernel, read, made));
    }
    this.#resize?.dispatch.encode(pass, { [BINDING.source]: made, [BINDING.result]: result });
  }

  dispose(): void {
    for (const { texture } of this.#textures) texture.destroy();
  }

  get #textures(): Texture[] {
    return [...this.#features, this.#copy?.texture, this.#resize?.texture].filter((texture) => texture !== undefined);
  }

  #bindings(n: number, { weights }: LayerKernel, source: SourceResource, result: GPUTextureView): Bindings {
    const isFirst = n === 0;
    const isLast = n === this.#layers.length - 1;
    const before = this.#features[(n + 1) % 2]?.view;
    const after = isLast ? result : this.#features[n % 2]?.view;
    return {
      ...((isFirst || isLast) && { [BINDING.source]: source }),
      ...(after && { [BINDING.result]: after }),
      ...(!isFirst && before && { [BINDING.features]: before }),
      ...(weights && { [BINDING.weights]: weights }),
    };
  }
}

/** A pass before or after the network, with the texture in between. */
interface ExtraPass {
  dispatch: KernelDispatch;
  texture: Texture;
}

/** Whether a network's doubled picture is within the device's limits, and its textures in between are no more than a GPU should be asked for. */
export function networkFits(device: GPUDevice, network: CompiledNetwork, { width, height }: UpscaleShape): boolean {
  const longest = 2 * Math.max(width, height);
  const isSmallEnough = featureBytes(network, { width, height }) <= MAX_FEATURE_BYTES;
  return longest <= device.limits.maxTextureDimension2D && isSmallEnough;
}

/** Bytes of the textures between the layers, for pictures of this size. */
export function featureBytes(network: CompiledNetwork, { width, height }: PictureSize): number {
  return featureTextures(network).reduce((sum, texture) => sum + width * height * bytesOf(texture), 0);
}

/** The textures that all layers but the last write to. */
function featureTextures({ layers }: CompiledNetwork): { blocks: number; format: LayerKernel['format'] }[] {
  return [0, 1].flatMap((parity) => {
    const writers = layers.slice(0, -1).filter((_, n) => n % 2 === parity);
    const [first] = writers;
    if (!first) return [];
    return { format: first.format, blocks: Math.max(...writers.map(({ outputs }) => channelBlocks(outputs))) };
  });
}

function bytesOf({ blocks, format }: { blocks: number; format: GPUTextureFormat }): number {
  const channelBytes = { rgba8unorm: 1, rgba16float: 2 }[format as string] ?? 4;
  return blocks * 4 * channelBytes;
}

function picture(device: GPUDevice, { width, height }: PictureSize): Texture {
  return new Texture(device, { width, height, format: 'rgba8unorm' });
}

/** A texture that one kernel writes and the next one reads. Features have an array layer for each block of four channels. */
class Texture {
  readonly texture: GPUTexture;
  readonly view: GPUTextureView;
  readonly sizeBytes: number;

  constructor(
    device: GPUDevice,
    { width, height, format, blocks }: PictureSize & { format: GPUTextureFormat; blocks?: number },
  ) {
    this.texture = device.createTexture({
      label: blocks ? 'features' : 'picture in between',
      size: [width, height, blocks ?? 1],
      format,
      usage: GPUTextureUsage.STORAGE_BINDING | GPUTextureUsage.TEXTURE_BINDING,
    });
    this.view = this.texture.createView({ dimension: blocks ? '2d-array' : '2d' });
    this.sizeBytes = width * height * bytesOf({ blocks: blocks ?? 1, format });
  }
}
