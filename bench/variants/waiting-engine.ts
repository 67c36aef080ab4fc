import type { Engine as RealEngine } from '../../web/compute/engine.ts';
import type { EngineCapabilities, EngineOptions, ExecutedTask, FrameUpscaler } from '../../web/compute/engine-types.ts';

export type { EngineCapabilities, ExecutedTask };

/** What a volunteer's GPU takes for a frame, whatever this machine's processor has to do. */
const COMPUTE_MS = 40;

/** Stands in for `web/compute/engine.ts`: takes its time for a frame, one after the other, and costs the processor next to nothing. */
export class Engine implements Pick<RealEngine, 'capabilities' | 'execute' | 'openFrames' | 'dispose'> {
  #lastFrame: Promise<unknown> = Promise.resolve();

  static async create(_options: EngineOptions): Promise<Engine> {
    return new Engine();
  }

  get capabilities(): EngineCapabilities {
    return {
      adapter: '',
      backends: { upscale: { backend: 'js', unitsPerMs: 1e6 } },
      frameIn: 'drawn',
      frameOut: 'drawn',
    };
  }

  async execute(): Promise<ExecutedTask> {
    throw new Error('This engine sharpens frames and runs no tasks.');
  }

  openFrames({ outWidth, outHeight }: { outWidth: number; outHeight: number }): FrameUpscaler {
    const canvas = new OffscreenCanvas(outWidth, outHeight);
    // In memory: without a GPU, reading a texture back would take longer than the wait.
    const context = canvas.getContext('2d', { alpha: false, willReadFrequently: true });
    const scale = async (frame: VideoFrame) => {
      const startedMs = performance.now();
      context?.drawImage(frame, 0, 0, outWidth, outHeight);
      const scaled = new VideoFrame(canvas, { timestamp: frame.timestamp });
      const leftMs = COMPUTE_MS - (performance.now() - startedMs);
      await new Promise((resolve) => setTimeout(resolve, leftMs));
      return scaled;
    };
    return {
      backend: 'js',
      process: (frame) => {
        const scaled = this.#lastFrame.then(() => scale(frame));
        // One that fails fails alone.
        this.#lastFrame = scaled.catch(() => {});
        return scaled;
      },
      dispose() {},
    };
  }

  dispose(): void {}
}
