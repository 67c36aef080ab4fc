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
