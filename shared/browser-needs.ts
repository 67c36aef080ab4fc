import { MeshError } from './errors.ts';

/**
 * What not every browser has: its name in a sentence, and the first versions with it (developer.mozilla.org, browser compatibility data). Where a
 * version has it, it may still be off: no graphics card, or a setting.
 */
const NEEDS = {
  webCodecs: {
    name: 'WebCodecs (VideoEncoder, VideoDecoder and VideoFrame)',
    since: 'Chrome and Edge 94, Firefox 130 (not on Android) and Safari 16.4',
  },
  offscreenCanvas: { name: 'OffscreenCanvas', since: 'Chrome and Edge 69, Firefox 105 and Safari 16.4' },
  workerDrawing: { name: 'canvas to draw on in a worker', since: 'Chrome and Edge 69, Firefox 105 and Safari 16.4' },
  workerWebGl2: { name: 'WebGL 2 in workers', since: 'Chrome and Edge 69, Firefox 105 and Safari 17' },
  workerWebGpu: {
    name: 'WebGPU canvas in workers',
    since: 'Chrome and Edge 113, Firefox 141 on Windows, 145 on Macs, and Safari 26',
  },
  webAssembly: { name: 'WebAssembly', since: 'Chrome 57, Edge 16, Firefox 52 and Safari 11' },
  vectors: { name: 'vectors in WebAssembly (SIMD)', since: 'Chrome and Edge 91, Firefox 89 and Safari 16.4' },
  canvasCapture: {
    name: 'captureStream() for this source',
    since: 'Chrome 51, Edge 79, Firefox 43 and Safari 11, for canvases,',
  },
  trackProcessor: {
    name: 'MediaStreamTrackProcessor in this thread',
    since: 'Chrome and Edge 94 for pages, and Safari 18 for workers,',
  },
  transferredFrames: { name: 'way to hand frames to a worker', since: 'Chrome and Edge 94, Firefox 130 and Safari 26' },
  pixelReading: {
    name: 'way to read the pixels of a canvas',
    since: 'Chrome and Edge 69, Firefox 105 and Safari 16.4',
  },
} satisfies Record<string, { name: string; since: string }>;

export type BrowserNeed = keyof typeof NEEDS;

/** Names what is lacking and which versions have it, such as "This browser has no OffscreenCanvas; Chrome and Edge 69, Firefox 105 and Safari 16.4 have it." */
export function lackOf(...needs: readonly BrowserNeed[]): string {
  return needs.map((need) => `This browser has no ${NEEDS[need].name}; ${NEEDS[need].since} have it.`).join(' ');
}

/**
 * MeshError `unsupported-browser` of {@link lackOf}.
 * @param advice - what else helps: a sentence
 */
export function lacking(need: BrowserNeed, advice?: string, options?: ErrorOptions): MeshError {
  return new MeshError('unsupported-browser', [lackOf(need), advice].filter(Boolean).join(' '), options);
}
