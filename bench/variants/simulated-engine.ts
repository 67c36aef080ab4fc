import type { Engine as RealEngine } from '../../web/compute/engine.ts';
import type { EngineCapabilities, EngineOptions, ExecutedTask, FrameUpscaler } from '../../web/compute/engine-types.ts';

/**
 * Replaces `web/compute/engine.ts`: takes a fixed time for each frame, one after another, and costs the processor next to nothing.
 */
class SimulatedEngine implements Pick<RealEngine, 'capabilities' | 'execute' | 'openFrames' | 'dispose'> {
  #lastFrame: Promise<unknown> = Promise.resolve();

  constructor(readonly computeMs: number) {}

  get capabilities(): EngineCapabilities {
    return {
      adapter: '',
      backends: { upscale: { backend: 'js', unitsPerMs: 1e6 } },
      frameIn: 'drawn',
      frameOut: 'drawn',
    };
  }

  async execute(): Promise<ExecutedTask> {
    throw new Error('This engine upscales frames and runs no tasks.');
  }

  openFrames({ outWidth, outHeight }: { outWidth: number; outHeight: number }): FrameUpscaler {
    const canvas = new OffscreenCanvas(outWidth, outHeight);
    // In memory, since reading a texture back without a GPU would take longer than the wait.
    const context = canvas.getContext('2d', { alpha: false, willReadFrequently: true });
    const scale = async (frame: VideoFrame) => {
      const startedMs = performance.now();
      context?.drawImage(frame, 0, 0, outWidth, outHeight);
      const scaled = new VideoFrame(canvas, { timestamp: frame.timestamp });
      const leftMs = this.computeMs - (performance.now() - startedMs);
      if (leftMs > 0) await new Promise((resolve) => setTimeout(resolve, leftMs));
      return scaled;
    };
    return {
      backend: 'js',
      ready: async () => {},
      process: (frame) => {
        const scaled = this.#lastFrame.then(() => scale(frame));
        // A failed frame does not affect the next.
        this.#lastFrame = scaled.catch(() => {});
        return scaled;
      },
      dispose() {},
    };
  }

  dispose(): void {}
}

/** The `Engine` of a module that replaces the real one. */
export function engineTaking(computeMs: number): { create(options: EngineOptions): Promise<SimulatedEngine> } {
  return { create: async () => new SimulatedEngine(computeMs) };
}
