import type { FrameEngine } from './frame-engine.ts';

/** Doubles pixels on a canvas: quick, on every machine, and its results can be told by their colours. */
export const canvasEngine: FrameEngine = {
  openFrames({ outWidth, outHeight }) {
    const canvas = new OffscreenCanvas(outWidth, outHeight);
    const context = canvas.getContext('2d', { alpha: false });
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
