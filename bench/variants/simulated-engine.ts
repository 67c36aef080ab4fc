import { NO_DETAIL_CODE } from '../../shared/detail.ts';
import type { Engine as RealEngine } from '../../web/compute/engine.ts';
import type { EngineCapabilities, EngineOptions, ExecutedTask, FrameUpscaler } from '../../web/compute/engine-types.ts';
import type { FrameTarget } from '../../web/stream/upscale/frame-engine.ts';

/** Set by the bundler for each variant. */
declare const SIMULATED_COMPUTE_MS: number;

/**
 * Replaces `web/compute/engine.ts`: takes a fixed time for each frame, one after another, and costs the processor next to nothing.
 */
class SimulatedEngine
  implements Pick<RealEngine, 'busyMs' | 'capabilities' | 'dispose' | 'execute' | 'openFrames' | 'share'>
{
  /** It waits and does not compute. */
  readonly busyMs = 0;
  share = 1;
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

  openFrames(target: FrameTarget): FrameUpscaler {
    const made = target.detail ? detailFrames(target) : scaledFrames(target);
    const make = async (frame: VideoFrame) => {
      const startedMs = performance.now();
      const result = made(frame);
      const leftMs = this.computeMs - (performance.now() - startedMs);
      if (leftMs > 0) await new Promise((resolve) => setTimeout(resolve, leftMs));
      return result;
    };
    return {
      backend: 'js',
      ready: async () => {},
      process: (frame) => {
        const result = this.#lastFrame.then(() => make(frame));
        // A failed frame does not affect the next.
        this.#lastFrame = result.catch(() => {});
        return result;
      },
      dispose() {},
    };
  }

  dispose(): void {}
}

/** The frame, stretched. */
function scaledFrames({ outWidth, outHeight }: FrameTarget): (frame: VideoFrame) => VideoFrame {
  const canvas = new OffscreenCanvas(outWidth, outHeight);
  // In memory, since reading a texture back without a GPU would take longer than the wait.
  const context = canvas.getContext('2d', { alpha: false, willReadFrequently: true });
  return (frame) => {
    context?.drawImage(frame, 0, 0, outWidth, outHeight);
    return new VideoFrame(canvas, { timestamp: frame.timestamp });
  };
}

/** Between two edges of the simulated detail, pixels; as in a game's picture, most of it is none. */
const EDGE_PITCH = 24;
/** Codes of such an edge, on either side of it. */
const EDGE_CODES = 30;

/** Detail of edges that move up by a row with each frame, whatever the frame shows: a codec has as much to do as with a network's. */
function detailFrames({ outWidth, outHeight }: FrameTarget): (frame: VideoFrame) => VideoFrame {
  const rows = outHeight + EDGE_PITCH;
  const planes = new Uint8Array(outWidth * rows + (outWidth * outHeight) / 2).fill(NO_DETAIL_CODE);
  for (let i = 0; i < outWidth * rows; i++) {
    const along = ((i % outWidth) + 2 * Math.floor(i / outWidth)) % EDGE_PITCH;
    if (along < 2) planes[i] = NO_DETAIL_CODE + (along === 0 ? EDGE_CODES : -EDGE_CODES);
  }
  const stride = outWidth / 2;
  const blue = { offset: outWidth * rows, stride };
  const red = { offset: blue.offset + (stride * outHeight) / 2, stride };
  let count = 0;
  return ({ timestamp }) =>
    new VideoFrame(planes, {
      ...{ format: 'I420', codedWidth: outWidth, codedHeight: outHeight, timestamp },
      layout: [{ offset: outWidth * (count++ % EDGE_PITCH), stride: outWidth }, blue, red],
      colorSpace: { primaries: 'bt709', transfer: 'bt709', matrix: 'bt709', fullRange: false },
    });
}

export const Engine = {
  create: async (_options: EngineOptions) => new SimulatedEngine(SIMULATED_COMPUTE_MS),
};
