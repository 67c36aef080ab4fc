import type { MeshError } from '../../../shared/errors.ts';
import type { Quality } from '../../../shared/tasks/upscale.ts';
import type { FrameEngine, FrameUpscaler } from './frame-engine.ts';

/** Doubles pixels on a canvas: quick, on every machine, and its results can be told by their colours. */
export const canvasEngine: FrameEngine = {
  openFrames({ outWidth, outHeight }) {
    const canvas = new OffscreenCanvas(outWidth, outHeight);
    // In memory: these tests must not depend on how fast a browser without a GPU reads a texture back.
    const context = canvas.getContext('2d', { alpha: false, willReadFrequently: true });
    return {
      backend: 'canvas',
      async process(frame) {
        context?.drawImage(frame, 0, 0, outWidth, outHeight);
        return new VideoFrame(canvas, { timestamp: frame.timestamp });
      },
      dispose() {},
    };
  },
};

/** The same, taking a fixed time for each frame, one after another as a GPU would. */
export function slowEngine(computeMs: number): FrameEngine {
  return {
    openFrames(options) {
      const frames = canvasEngine.openFrames(options);
      return {
        ...frames,
        async process(frame) {
          const [sharp] = await Promise.all([
            frames.process(frame),
            new Promise((resolve) => setTimeout(resolve, computeMs)),
          ]);
          return sharp;
        },
      };
    },
  };
}

/** What a quality does in a test; all of it may change while frames go through. */
export interface QualityBehaviour {
  computeMs?: number;
  /** Until its model is there. */
  ready?(): Promise<void>;
  error?: MeshError;
}

/** The same with a known behaviour for each quality. */
export class QualityEngine implements FrameEngine {
  /** Of those that nobody disposed. */
  readonly open: Quality[] = [];
  readonly #behaviour: Partial<Record<Quality, QualityBehaviour>>;
  readonly #wait: (ms: number) => Promise<void>;

  constructor(
    behaviour: Partial<Record<Quality, QualityBehaviour>>,
    { wait = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms)) } = {},
  ) {
    this.#behaviour = behaviour;
    this.#wait = wait;
  }

  openFrames(options: { outWidth: number; outHeight: number; quality: Quality }): FrameUpscaler {
    const { quality } = options;
    const frames = canvasEngine.openFrames(options);
    this.open.push(quality);
    return {
      backend: 'canvas',
      ready: async () => this.#behaviour[quality]?.ready?.(),
      process: async (frame) => {
        const { computeMs = 0, error } = this.#behaviour[quality] ?? {};
        if (error) throw error;
        if (computeMs > 0) await this.#wait(computeMs);
        return frames.process(frame);
      },
      dispose: () => {
        this.open.splice(this.open.indexOf(quality), 1);
      },
    };
  }
}
