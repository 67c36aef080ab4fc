import type { MeshError } from '../../../shared/errors.ts';
import type { Quality } from '../../../shared/tasks/upscale.ts';
import type { FrameEngine, FrameTarget, FrameUpscaler } from './frame-engine.ts';

/** Upscales on a 2D canvas: quick on every machine, and its results can be recognised by their colours. */
export const canvasEngine: FrameEngine = {
  openFrames({ outWidth, outHeight, detail }) {
    if (detail) return flatDetail(outWidth, outHeight);
    const canvas = new OffscreenCanvas(outWidth, outHeight);
    // In main memory: tests must not depend on how fast a browser without a GPU reads a texture back.
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

/** The codes of {@link canvasEngine}'s detail: so little is of no picture in particular, so it is plausible of every one. */
const TEST_DETAIL_CODE = 130;

function flatDetail(codedWidth: number, codedHeight: number): FrameUpscaler {
  const pixels = codedWidth * codedHeight;
  const planes = new Uint8Array(pixels * 1.5).fill(TEST_DETAIL_CODE, 0, pixels).fill(128, pixels);
  const colorSpace = { primaries: 'bt709', transfer: 'bt709', matrix: 'bt709', fullRange: false } as const;
  return {
    backend: 'canvas',
    process: async ({ timestamp }) =>
      new VideoFrame(planes, { format: 'I420', codedWidth, codedHeight, timestamp, colorSpace }),
    dispose() {},
  };
}

/** {@link canvasEngine} with a fixed time for each frame. */
export function slowEngine(computeMs: number): FrameEngine {
  return {
    openFrames(options) {
      const frames = canvasEngine.openFrames(options);
      return {
        ...frames,
        async process(frame) {
          const [upscaled] = await Promise.all([
            frames.process(frame),
            new Promise((resolve) => setTimeout(resolve, computeMs)),
          ]);
          return upscaled;
        },
      };
    },
  };
}

/** Behaviour of one quality; may change while frames are processed. */
export interface QualityBehaviour {
  computeMs?: number;
  /** Resolves when its model is loaded. */
  ready?(): Promise<void>;
  error?: MeshError;
}

/** {@link canvasEngine} with a given behaviour for each quality. */
export class QualityEngine implements FrameEngine {
  /** Qualities that are open, not disposed. */
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

  openFrames(options: FrameTarget): FrameUpscaler {
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
