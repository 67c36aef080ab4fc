import { lacking } from '../../../shared/browser-needs.ts';
import { MeshError } from '../../../shared/errors.ts';
import type { FrameTarget } from '../backend.ts';
import type { FrameTime } from '../frame-orientation.ts';
import { READBACK_RING_SIZE } from './gpu-buffers.ts';
import { deviceLost } from './gpu-device.ts';

/** An invisible canvas whose pictures become frames without leaving the GPU. Holds as many frames in computation as a readback ring. */
export class OutputCanvas {
  readonly #device: GPUDevice;
  readonly #canvas: OffscreenCanvas;
  readonly #context: GPUCanvasContext;
  readonly #inFlight = new Set<Promise<unknown>>();
  #isLost = false;

  /** Throws MeshError `unsupported-browser`. */
  constructor(device: GPUDevice, { outWidth, outHeight }: Pick<FrameTarget, 'outWidth' | 'outHeight'>) {
    this.#device = device;
    this.#canvas = new OffscreenCanvas(outWidth, outHeight);
    const context = this.#canvas.getContext('webgpu');
    if (!context) throw lacking('workerWebGpu');
    this.#context = context;
    // The kernels write rgba8unorm. The other canvas format needs an optional feature.
    const usage = GPUTextureUsage.STORAGE_BINDING | GPUTextureUsage.RENDER_ATTACHMENT;
    context.configure({ device, format: 'rgba8unorm', usage, alphaMode: 'opaque' });
    void device.lost.then(() => {
      this.#isLost = true;
    });
  }

  /** Resolves when the next frame may be computed. Otherwise a GPU that is too slow would be given ever more of them. */
  async ready(): Promise<void> {
    while (this.#inFlight.size >= READBACK_RING_SIZE) await Promise.race(this.#inFlight);
  }

  /**
   * Makes a frame of what `submit` computes into the texture. It resolves once the GPU has computed it: the frame exists before, but whoever
   * timed that would take a slow GPU for an infinitely fast one. Throws MeshError `device-lost`.
   */
  frame(submit: (texture: GPUTexture) => void, time: FrameTime): Promise<VideoFrame> {
    submit(this.#context.getCurrentTexture());
    const { timestamp, duration } = time;
    // In the same microtask, before the browser takes the texture away.
    const frame = new VideoFrame(this.#canvas, { timestamp, ...(duration === null ? {} : { duration }) });
    const computed = this.#computed(frame);
    const settled = computed
      .catch(() => {
        // Whoever waits for the frame gets the error.
      })
      .finally(() => this.#inFlight.delete(settled));
    this.#inFlight.add(settled);
    return computed;
  }

  dispose(): void {
    this.#context.unconfigure();
  }

  async #computed(frame: VideoFrame): Promise<VideoFrame> {
    try {
      await this.#device.queue.onSubmittedWorkDone();
      if (this.#isLost) throw deviceLost(null);
      return frame;
    } catch (cause) {
      frame.close();
      throw cause instanceof MeshError ? cause : deviceLost(cause);
    }
  }
}
