import { MAX_DETAIL_CODES, NO_DETAIL_CODE } from '../../shared/detail.ts';
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
      const result = await made(frame);
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
function scaledFrames({ outWidth, outHeight }: FrameTarget): (frame: VideoFrame) => Promise<VideoFrame> {
  const canvas = new OffscreenCanvas(outWidth, outHeight);
  // In memory, since reading a texture back without a GPU would take longer than the wait.
  const context = canvas.getContext('2d', { alpha: false, willReadFrequently: true });
  return async (frame) => {
    context?.drawImage(frame, 0, 0, outWidth, outHeight);
    return new VideoFrame(canvas, { timestamp: frame.timestamp });
  };
}

/** Codes for a second difference of luma of one step, at a gain of 1: about what networks add at the edges of games. */
const CODES_PER_STEP = 1 / 32;

/**
 * Detail that follows the edges of the frame, as that of a network: a gamer keeps back detail of anything else. Two milliseconds for 640x360; a
 * codec has as much to do as with a network's.
 */
function detailFrames({ outWidth, outHeight, detail }: FrameTarget): (frame: VideoFrame) => Promise<VideoFrame> {
  const planes = new Uint8Array(1.5 * outWidth * outHeight).fill(NO_DETAIL_CODE);
  let bytes = new Uint8Array(0);
  return async (frame) => {
    if (bytes.length !== frame.allocationSize()) bytes = new Uint8Array(frame.allocationSize());
    // Software decoders give luma first.
    const [luma] = await frame.copyTo(bytes);
    const { width = 0, height = 0 } = frame.visibleRect ?? {};
    const { offset = 0, stride = 0 } = luma ?? {};
    const scale = (detail?.gain ?? 1) * CODES_PER_STEP;
    for (let y = 1; y < height - 1; y++) {
      const [top = 0, bottom = 0] = [y, y + 1].map((row) => Math.floor((row * outHeight) / height) * outWidth);
      let out = top + Math.floor(outWidth / width);
      for (let x = 1, at = offset + y * stride + 1; x < width - 1; x++, at++) {
        const around =
          (bytes[at - 1] ?? 0) + (bytes[at + 1] ?? 0) + (bytes[at - stride] ?? 0) + (bytes[at + stride] ?? 0);
        const codes = Math.round((4 * (bytes[at] ?? 0) - around) * scale);
        const code = NO_DETAIL_CODE + Math.max(-MAX_DETAIL_CODES, Math.min(MAX_DETAIL_CODES, codes));
        for (const end = top + Math.floor(((x + 1) * outWidth) / width); out < end; out++) planes[out] = code;
      }
      for (let row = top + outWidth; row < bottom; row += outWidth) planes.copyWithin(row, top, top + outWidth);
    }
    return new VideoFrame(planes, {
      ...{ format: 'I420', codedWidth: outWidth, codedHeight: outHeight, timestamp: frame.timestamp },
      colorSpace: { primaries: 'bt709', transfer: 'bt709', matrix: 'bt709', fullRange: false },
    });
  };
}

export const Engine = { create: async (_options: EngineOptions) => new SimulatedEngine(SIMULATED_COMPUTE_MS) };
