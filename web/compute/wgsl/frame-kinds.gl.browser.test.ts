import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Backend, FRAME_EXPORTS, FRAME_IMPORTS, SAFE_FRAME_PATHS } from '../backend.ts';
import { EXCLUSIVE_SLOT } from '../filter-benchmark.ts';
import { uprightSize } from '../frame-orientation.ts';
import { JsBackend } from '../js-backend.ts';
import {
  canvasFrame,
  colorSpaceOf,
  cut,
  type FrameExtras,
  type Painting,
  rgbFrame,
  yuvFrame,
} from '../painted-frames.ts';
import { repositoryModels } from '../test-models.ts';
import { bt601, bt709, bt709Full, flat, PART, p3, SIZE } from '../test-paintings.ts';
import { RgbaReader } from '../video-frames.ts';
import { showsColors } from './frame-colors.ts';
import { openDevice } from './gpu-device.ts';
import { WgslBackend } from './wgsl-backend.ts';

/** Of 255, in areas of one colour. At edges browsers interpolate chroma in different ways. */
const FLAT_TOLERANCE = 2;
/** The same where chroma rises by 3 a pixel: without interpolation it is off by as much, and blue weighs it twice. */
const SMOOTH_TOLERANCE = 8;

const ODD = { width: 61, height: 45 };
const translucent: Painting = (x, y) => [...flat(x, y), x < 32 ? 255 : y < 24 ? 128 : 60];
const smooth: Painting = (x, y) => [40 + 3 * x, 128 + 60 * Math.sin(y / 12), 230 - 3 * x];

const bt601Full = colorSpaceOf('smpte170m', { primaries: 'smpte170m', transfer: 'smpte170m', fullRange: true });
const onlyMatrix601 = colorSpaceOf('smpte170m');
const srgb = colorSpaceOf('rgb', { fullRange: true, transfer: 'iec61966-2-1' });
const pq = colorSpaceOf('bt709', { primaries: 'bt2020', transfer: 'pq' });
const hlg = colorSpaceOf('bt709', { primaries: 'bt2020', transfer: 'hlg' });

interface Kind {
  name: string;
  make(): VideoFrame;
  /** A frame of the same pixels that the browser draws with the GPU, where it would convert this kind with libyuv, which clips blue (yuv.ts). */
  drawn?(): VideoFrame;
  tolerance?: number;
}

const i420 = (name: string, colorSpace: VideoColorSpaceInit, extras?: FrameExtras): Kind => ({
  name: `I420, ${name}`,
  make: () => yuvFrame('I420', SIZE, colorSpace, flat, extras),
});
const nv12 = (name: string, colorSpace: VideoColorSpaceInit, extras?: FrameExtras): Kind => ({
  name: `NV12, ${name}`,
  make: () => yuvFrame('NV12', SIZE, colorSpace, flat, extras),
  drawn: () => yuvFrame('I420', SIZE, colorSpace, flat, extras),
});

const KINDS: Kind[] = [
  ...[i420, nv12].flatMap((format) => [
    format('BT.709', bt709),
    format('BT.709 in full range', bt709Full),
    format('BT.601', bt601),
    format('BT.601 in full range', bt601Full),
    format('the matrix of BT.601, the primaries of BT.709', onlyMatrix601),
    format('the primaries of BT.470', colorSpaceOf('smpte170m', { primaries: 'bt470bg' })),
    format('a quarter turn', bt709, { rotation: 90 }),
    format('half a turn', bt709, { rotation: 180 }),
    format('three quarter turns', bt709, { rotation: 270 }),
    format('mirrored', bt709, { flip: true }),
    format('turned and mirrored', bt709, { rotation: 90, flip: true }),
    format('pixels that are not square', bt709, { displayWidth: 96, displayHeight: 48 }),
  ]),
  i420('BT.2020', colorSpaceOf('bt709', { primaries: 'bt2020' })),
  i420('PQ', pq),
  i420('HLG', hlg),
  i420('linear light', colorSpaceOf('bt709', { transfer: 'linear' })),
  { name: 'I420 of odd size', make: () => yuvFrame('I420', ODD, bt709, flat) },
  {
    name: 'NV12 of odd size',
    make: () => yuvFrame('NV12', ODD, bt709, flat),
    drawn: () => yuvFrame('I420', ODD, bt709, flat),
  },
  { name: 'the corner of I420', make: () => cut(yuvFrame('I420', SIZE, bt709, flat), 0, 0, PART) },
  { name: 'the middle of I420', make: () => cut(yuvFrame('I420', SIZE, bt709, flat), 8, 4, PART) },
  {
    name: 'the middle of NV12',
    make: () => cut(yuvFrame('NV12', SIZE, bt709, flat), 8, 4, PART),
    drawn: () => cut(yuvFrame('I420', SIZE, bt709, flat), 8, 4, PART),
  },
  { name: 'I420 of smooth chroma', make: () => yuvFrame('I420', SIZE, bt709, smooth), tolerance: SMOOTH_TOLERANCE },
  {
    name: 'NV12 of smooth chroma, BT.601',
    make: () => yuvFrame('NV12', SIZE, bt601, smooth),
    drawn: () => yuvFrame('I420', SIZE, bt601, smooth),
    tolerance: SMOOTH_TOLERANCE,
  },
  { name: 'translucent I420A, BT.601', make: () => yuvFrame('I420A', SIZE, bt601, translucent) },
  { name: 'translucent I420A in full range', make: () => yuvFrame('I420A', SIZE, bt709Full, translucent) },
  ...(['RGBX', 'BGRX', 'RGBA', 'BGRA'] as const).map((format) => ({
    name: `opaque ${format}`,
    make: () => rgbFrame(format, SIZE, srgb, flat),
  })),
  ...(['RGBA', 'BGRA'] as const).map((format) => ({
    name: `translucent ${format}`,
    make: () => rgbFrame(format, SIZE, srgb, translucent),
  })),
  { name: 'RGBX of Display P3', make: () => rgbFrame('RGBX', SIZE, p3, flat) },
  { name: 'RGBX without a colour space', make: () => rgbFrame('RGBX', SIZE, undefined, flat) },
  { name: 'turned RGBX', make: () => rgbFrame('RGBX', SIZE, srgb, flat, { rotation: 90 }) },
  { name: 'the middle of RGBX', make: () => cut(rgbFrame('RGBX', SIZE, srgb, flat), 7, 5, PART) },
  { name: 'a canvas', make: () => canvasFrame(SIZE, flat) },
  { name: 'a translucent canvas', make: () => canvasFrame(SIZE, translucent) },
  { name: 'a canvas in Display P3', make: () => canvasFrame(SIZE, flat, 'display-p3') },
];

let device: GPUDevice;
let gpu: WgslBackend;
const processor = new JsBackend(() => performance.now());

beforeAll(async () => {
  const opened = await openDevice(navigator.gpu);
  if (!opened) throw new Error('no GPU');
  device = opened.device;
  gpu = new WgslBackend(device, repositoryModels);
});

afterAll(() => gpu.dispose());

/** The ways of a frame through a backend and out of it. */
const WAYS_OF_GPU = FRAME_IMPORTS.flatMap((frameIn) => FRAME_EXPORTS.map((frameOut) => ({ frameIn, frameOut })));
const WAYS = [...WAYS_OF_GPU, { frameIn: 'processor', frameOut: 'processor' } as const];

test.each(KINDS)('every way shows what drawImage shows: $name', async ({ make, drawn, tolerance }) => {
  const frame = make();
  const size = uprightSize(frame);
  const expected = shown(drawn?.() ?? make(), size);
  const wrong: string[] = [];
  for (const way of WAYS) {
    const pixels = await through(way, frame, size);
    const worst = largestDifference(pixels, expected, size, tolerance === undefined);
    if (worst > (tolerance ?? FLAT_TOLERANCE)) wrong.push(`${way.frameIn}, ${way.frameOut}: ${worst.toFixed(1)}`);
  }
  frame.close();
  expect(wrong).toEqual([]);
});

test.each(WAYS_OF_GPU)('the self-test accepts the colours of $frameIn and $frameOut', async (framePaths) => {
  gpu.framePaths = framePaths;
  expect(await showsColors(gpu)).toBe(true);
});

test('a network keeps the shortest paths while its frames look like its pictures, and no longer', async () => {
  const shortest = { frameIn: 'importExternalTexture', frameOut: 'canvas' } as const;
  gpu.framePaths = shortest;
  await gpu.prepare('fast');
  expect(gpu.framePaths).toEqual(shortest);
  const { importExternalTexture } = device;
  const other = yuvFrame('NV12', SIZE, bt709, smooth);
  device.importExternalTexture = () => importExternalTexture.call(device, { source: other });
  await gpu.prepare('fast');
  expect(gpu.framePaths).toEqual(SAFE_FRAME_PATHS);
  other.close();
});

async function through(way: (typeof WAYS)[number], frame: VideoFrame, size: { width: number; height: number }) {
  let backend: Backend = processor;
  if (way.frameIn !== 'processor') {
    gpu.framePaths = way;
    backend = gpu;
  }
  const frames = backend.openFrames({ outWidth: size.width, outHeight: size.height, quality: 'bilinear' });
  try {
    const same = await (await frames.start(frame, EXCLUSIVE_SLOT)).finish();
    const { data } = await new RgbaReader().read(same);
    same.close();
    return data;
  } finally {
    frames.dispose();
  }
}

/** As a canvas shows it that the GPU draws: one that is read often is drawn by the processor. Closes the frame. */
function shown(frame: VideoFrame, { width, height }: { width: number; height: number }): Uint8ClampedArray {
  const context = new OffscreenCanvas(width, height).getContext('2d', { willReadFrequently: false });
  if (!context) throw new Error('no canvas');
  context.drawImage(frame, 0, 0, width, height);
  frame.close();
  return context.getImageData(0, 0, width, height).data;
}

/** Compares premultiplied colours; with `isFlat` only where nothing changes within three pixels. */
function largestDifference(
  pixels: ArrayLike<number>,
  expected: ArrayLike<number>,
  { width, height }: { width: number; height: number },
  isFlat: boolean,
): number {
  let largest = 0;
  const visible = (of: ArrayLike<number>, i: number) =>
    i % 4 === 3 ? (of[i] ?? 0) : ((of[i] ?? 0) * (of[i | 3] ?? 0)) / 255;
  for (let y = 3; y < height - 3; y++) {
    for (let x = 3; x < width - 3; x++) {
      const at = (y * width + x) * 4;
      if (isFlat && !isEven(expected, at, width)) continue;
      for (let i = at; i < at + 4; i++) {
        largest = Math.max(largest, Math.abs(visible(pixels, i) - visible(expected, i)));
      }
    }
  }
  return largest;
}

function isEven(expected: ArrayLike<number>, at: number, width: number): boolean {
  return [-3, 3, -3 * width, 3 * width].every((offset) =>
    [0, 1, 2, 3].every((n) => Math.abs((expected[at + n] ?? 0) - (expected[at + 4 * offset + n] ?? 0)) <= 4),
  );
}
