import type { FrameEngine } from './frame-engine.ts';

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
