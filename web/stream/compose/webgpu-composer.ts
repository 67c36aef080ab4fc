import { lacking } from '../../../shared/browser-needs.ts';
import { MAX_ADDED_LEVELS, MAX_DETAIL_CODES } from '../../../shared/detail.ts';
import { MeshError } from '../../../shared/errors.ts';
import type { PictureSize } from '../../../shared/tasks/upscale-size.ts';
import { uprightSize } from '../../compute/frame-orientation.ts';
import { isPlain } from '../../compute/video-frames.ts';
import { deviceLost } from '../../compute/wgsl/gpu-device.ts';
import shaderCode from './compose.wgsl?raw';
import type { AppliedDetail, Composer, RawPicture } from './composer.ts';
import { checkComposition, stepsPerCode } from './composition.ts';
import { OpaqueReader } from './opaque-reader.ts';
import { TILE_SIDE } from './still-tiles.ts';

/** Bytes of the structure `Addition` of compose.wgsl, padded to its alignment. */
const ADDITION_BYTES = 24;

/** What compose.wgsl shares with the other ways. */
const CONSTANTS = [`const TILE_SIDE = ${TILE_SIDE};`, `const MAX_DETAIL_CODES = ${MAX_DETAIL_CODES};`].join('\n');

class GpuPicture implements RawPicture {
  readonly width: number;
  readonly height: number;
  readonly device: GPUDevice;
  /** Null once it was disposed. */
  texture: GPUTexture | null;

  constructor(device: GPUDevice, texture: GPUTexture) {
    this.device = device;
    this.texture = texture;
    this.width = texture.width;
    this.height = texture.height;
  }

  dispose(): void {
    // The GPU finishes what it was given with it.
    this.texture?.destroy();
    this.texture = null;
  }
}

interface Pipelines {
  composed: GPURenderPipeline;
  changed: GPURenderPipeline;
}

/** Composes on a WebGPU device, which stays the caller's, on a canvas that is drawn on the target. */
export class WebGpuComposer implements Composer {
  readonly name = 'webgpu';
  /** Whether plain frames are copied as they are; otherwise the processor reads all. */
  isDirect = true;
  readonly #device: GPUDevice;
  readonly #pipelines: Pipelines;
  readonly #canvas = new OffscreenCanvas(1, 1);
  readonly #context: GPUCanvasContext;
  readonly #reader = new OpaqueReader();
  readonly #addition: GPUBuffer;
  /** Texture of codes, and of tiles that differ; made anew when the size changes. */
  #codes: GPUTexture;
  #changes: GPUTexture;
  #problem: (() => MeshError) | null = null;

  private constructor(device: GPUDevice, pipelines: Pipelines) {
    const context = this.#canvas.getContext('webgpu');
    if (!context) {
      throw lacking('workerWebGpu');
    }
    context.configure({ device, format: 'rgba8unorm', alphaMode: 'opaque' });
    this.#device = device;
    this.#pipelines = pipelines;
    this.#context = context;
    const usage = GPUBufferUsage.UNIFORM | GPUBufferUsage.COPY_DST;
    this.#addition = device.createBuffer({ label: 'addition', size: ADDITION_BYTES, usage });
    this.#codes = this.#codesTexture({ width: 1, height: 1 });
    this.#changes = this.#changesTexture({ width: 1, height: 1 });
    void device.lost.then(() => {
      this.#problem ??= () => deviceLost(null);
    });
  }

  /** Throws MeshError `unsupported-browser` where the device does not compile the shaders, `device-lost`. */
  static async open(device: GPUDevice): Promise<WebGpuComposer> {
    const module = device.createShaderModule({
      label: 'compose',
      code: `${CONSTANTS}\n${shaderCode}`,
    });
    const pipeline = (entryPoint: string, format: GPUTextureFormat) =>
      device.createRenderPipelineAsync({
        label: entryPoint,
        layout: 'auto',
        vertex: { module, entryPoint: 'cover' },
        fragment: { module, entryPoint, targets: [{ format }] },
      });
    try {
      const [composed, changed] = await Promise.all([
        pipeline('composed', 'rgba8unorm'),
        pipeline('changed', 'r8unorm'),
      ]);
      return new WebGpuComposer(device, { composed, changed });
    } catch (cause) {
      if (cause instanceof MeshError) throw cause;
      const why = cause instanceof Error ? cause.message : String(cause);
      throw new MeshError(
        'unsupported-browser',
        `This GPU does not compile the composition (${why}). Update its driver.`,
        {
          cause,
        },
      );
    }
  }

  async load(frame: VideoFrame): Promise<RawPicture> {
    this.#check();
    const { width, height } = uprightSize(frame);
    this.#checkSize({ width, height });
    if (this.isDirect && isPlain(frame)) {
      const texture = this.#sourceTexture({ width, height });
      // The canvas is opaque: translucent pixels are shown over black.
      const destination = { texture, premultipliedAlpha: true, colorSpace: 'srgb' } as const;
      this.#device.queue.copyExternalImageToTexture({ source: frame }, destination, [width, height]);
      return new GpuPicture(this.#device, texture);
    }
    const { data, release } = await this.#reader.read(frame);
    try {
      this.#check();
      const texture = this.#sourceTexture({ width, height });
      this.#device.queue.writeTexture({ texture }, data, { bytesPerRow: width * 4 }, [width, height]);
      return new GpuPicture(this.#device, texture);
    } finally {
      release();
    }
  }

  async compose(
    raw: RawPicture,
    detail: AppliedDetail | null,
    target: OffscreenCanvasRenderingContext2D,
  ): Promise<void> {
    this.#check();
    const { width, height } = target.canvas;
    this.#checkSize({ width, height });
    const source = this.#textureOf(raw);
    checkComposition(raw, detail, { width, height });
    const other = detail && detail.of !== raw ? this.#textureOf(detail.of) : null;
    const isComparable = other !== null && other.width === source.width && other.height === source.height;
    const adds = detail !== null && (other === null || isComparable);
    if (adds) this.#writeCodes(detail.codes, { width, height });
    this.#writeAddition({ width, height }, adds ? detail : null, isComparable);
    if (this.#canvas.width !== width) this.#canvas.width = width;
    if (this.#canvas.height !== height) this.#canvas.height = height;
    const encoder = this.#device.createCommandEncoder({ label: 'compose' });
    if (isComparable) this.#compare(encoder, source, other);
    this.#encode(encoder, this.#pipelines.composed, this.#context.getCurrentTexture(), {
      ...{ 0: source.createView(), 2: this.#codes.createView(), 3: this.#changes.createView() },
      4: { buffer: this.#addition },
    });
    this.#device.queue.submit([encoder.finish()]);
    // In the same task, before the browser takes the canvas's texture away.
    target.drawImage(this.#canvas, 0, 0);
    this.#check();
  }

  dispose(): void {
    this.#problem = () => MeshError.closed('The composer');
    this.#context.unconfigure();
    for (const resource of [this.#addition, this.#codes, this.#changes]) resource.destroy();
  }

  #compare(encoder: GPUCommandEncoder, source: GPUTexture, other: GPUTexture): void {
    const width = Math.ceil(source.width / TILE_SIDE);
    const height = Math.ceil(source.height / TILE_SIDE);
    if (this.#changes.width !== width || this.#changes.height !== height) {
      this.#changes.destroy();
      this.#changes = this.#changesTexture({ width, height });
    }
    const bindings = { 0: source.createView(), 1: other.createView() };
    this.#encode(encoder, this.#pipelines.changed, this.#changes, bindings);
  }

  #encode(
    encoder: GPUCommandEncoder,
    pipeline: GPURenderPipeline,
    target: GPUTexture,
    bindings: Record<number, GPUBindingResource>,
  ): void {
    const entries = Object.entries(bindings).map(([binding, resource]) => ({ binding: Number(binding), resource }));
    const pass = encoder.beginRenderPass({
      colorAttachments: [{ view: target.createView(), loadOp: 'clear', storeOp: 'store' }],
    });
    pass.setPipeline(pipeline);
    pass.setBindGroup(0, this.#device.createBindGroup({ layout: pipeline.getBindGroupLayout(0), entries }));
    pass.draw(3);
    pass.end();
  }

  #writeCodes(codes: Uint8Array, { width, height }: PictureSize): void {
    if (this.#codes.width !== width || this.#codes.height !== height) {
      this.#codes.destroy();
      this.#codes = this.#codesTexture({ width, height });
    }
    // Sound: a composer is given codes that a reader made, in memory that is not shared.
    const bytes = codes as Uint8Array<ArrayBuffer>;
    this.#device.queue.writeTexture({ texture: this.#codes }, bytes, { bytesPerRow: width }, [width, height]);
  }

  #writeAddition({ width, height }: PictureSize, detail: AppliedDetail | null, isOfOther: boolean): void {
    const bytes = new DataView(new ArrayBuffer(ADDITION_BYTES));
    bytes.setInt32(0, width, true);
    bytes.setInt32(4, height, true);
    bytes.setFloat32(8, detail ? stepsPerCode(detail) : 0, true);
    bytes.setInt32(12, detail?.deadZoneCodes ?? 0, true);
    bytes.setInt32(16, isOfOther ? 1 : 0, true);
    bytes.setFloat32(20, detail?.maxSteps ?? MAX_ADDED_LEVELS, true);
    this.#device.queue.writeBuffer(this.#addition, 0, bytes);
  }

  #sourceTexture({ width, height }: PictureSize): GPUTexture {
    // Copies of frames are drawn.
    const usage = GPUTextureUsage.TEXTURE_BINDING | GPUTextureUsage.COPY_DST | GPUTextureUsage.RENDER_ATTACHMENT;
    return this.#device.createTexture({ label: 'raw', size: [width, height], format: 'rgba8unorm', usage });
  }

  #codesTexture({ width, height }: PictureSize): GPUTexture {
    const usage = GPUTextureUsage.TEXTURE_BINDING | GPUTextureUsage.COPY_DST;
    return this.#device.createTexture({ label: 'codes', size: [width, height], format: 'r8uint', usage });
  }

  #changesTexture({ width, height }: PictureSize): GPUTexture {
    const usage = GPUTextureUsage.TEXTURE_BINDING | GPUTextureUsage.RENDER_ATTACHMENT;
    return this.#device.createTexture({ label: 'changes', size: [width, height], format: 'r8unorm', usage });
  }

  /** Throws MeshError `bad-input`. */
  #textureOf(raw: RawPicture): GPUTexture {
    if (raw instanceof GpuPicture && raw.device === this.#device && raw.texture) return raw.texture;
    throw MeshError.badInput("The picture is not this composer's, or was disposed. Load it again.");
  }

  /** Throws MeshError `too-large`. */
  #checkSize({ width, height }: PictureSize): void {
    if (Math.max(width, height) <= this.#device.limits.maxTextureDimension2D) return;
    const what = `WebGPU cannot draw ${width}x${height} pixels here. Another way of composing takes over.`;
    throw new MeshError('too-large', what);
  }

  /** Throws MeshError `closed`, `device-lost`. */
  #check(): void {
    if (this.#problem) throw this.#problem();
  }
}
