// Protects: sources of every size, orientation, pixel shape, depth and gamut are shown as the browser itself shows them, or refused with a sentence.
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { colorSpaceOf } from '../compute/painted-frames.ts';
import { WasmComposer } from '../stream/compose/wasm-composer.ts';
import type { FrameStream, StreamOptions } from './frame-stream.ts';
import { FIELDS } from './test-fields.ts';
import { StreamRig } from './test-stream-rig.ts';

/** Only ends a test that hangs; nothing is measured. */
const WAIT = { timeout: 60_000, interval: 10 };
/** The test volunteer's detail makes everything brighter by 7; codecs, and chroma at the fields' edges, may add a little. */
const TOLERANCE = 12;

interface Size {
  width: number;
  height: number;
}

const P3 = { fullRange: true, primaries: 'smpte432', transfer: 'iec61966-2-1' } as const;

const HLG = { fullRange: true, primaries: 'bt709', transfer: 'hlg' } as const;

let rig: StreamRig;

beforeEach(() => {
  rig = new StreamRig({ openComposer: () => WasmComposer.open() });
});

afterEach(() => rig.dispose());

/** A source, and the size in which its picture is shown; an odd last row and column are cropped. */
const SOURCES: [string, VideoFrame, { width: number; height: number; scale?: number }][] = [
  ['of 17x5', paintedFrame(17, 5), { width: 17, height: 5 }],
  ['of 853x481', paintedFrame(853, 481), { width: 853, height: 481, scale: 1 }],
  ['turned by a quarter', ofPixels(64, 36, { rotation: 90 }), { width: 36, height: 64 }],
  ['turned by half', ofPixels(64, 36, { rotation: 180 }), { width: 64, height: 36 }],
  [
    'of pixels that are not square',
    ofPixels(64, 36, { displayWidth: 96, displayHeight: 36 }),
    { width: 96, height: 36 },
  ],
  ['of 10 bits', tenBitFrame(64, 36), { width: 64, height: 36 }],
  ['of HDR (HLG)', ofPixels(64, 36, { colorSpace: colorSpaceOf('rgb', HLG) }), { width: 64, height: 36 }],
  ['of Display P3', ofPixels(64, 36, { colorSpace: colorSpaceOf('rgb', P3) }), { width: 64, height: 36 }],
];

test.each(SOURCES)('a source %s gets detail and is shown as the browser shows it', async (_, frame, shown) => {
  const { scale = 2 } = shown;
  const [width, height] = [scale * even(shown.width), scale * even(shown.height)];
  const expected = lookAt(frame, { width, height }, { width: scale * shown.width, height: scale * shown.height });
  const stream = await open(frame, { where: 'volunteers', scale });
  await vi.waitFor(() => {
    const { framesWithDetail, framesSent, framesDropped, why } = stream.stats();
    expect({ framesWithDetail, framesSent, framesDropped, why }).toMatchObject({ framesWithDetail: 1 });
  }, WAIT);
  await expectShown(stream, { width, height }, expected, TOLERANCE);
  expect(rig.failures).toEqual([]);
});

test('pictures of volunteers, too, are shown as the browser shows a turned source', async () => {
  const frame = ofPixels(64, 36, { rotation: 90 });
  const size = { width: 72, height: 128 };
  const expected = lookAt(frame, size);
  const stream = await open(frame, { where: 'volunteers', transport: 'picture' });
  await vi.waitUntil(() => stream.stats().shares.length > 0, WAIT);
  await expectShown(stream, size, expected, 2 * TOLERANCE);
});

test('a source of 5120x1440 is made smaller, as `why` says', async () => {
  const frame = paintedFrame(5_120, 1_440);
  const size = { width: 4_096, height: 1_152 };
  const expected = lookAt(frame, size);
  const stream = await open(frame, { where: 'local' });
  await expectShown(stream, size, expected, TOLERANCE);
  await vi.waitUntil(() => stream.stats().why.includes('its frames of 5120x1440 are made smaller, 4096x1152'), WAIT);
});

test('a live canvas of 5120x1440 is made smaller, as `why` says', async () => {
  const canvas = Object.assign(document.createElement('canvas'), { width: 5_120, height: 1_440 });
  const context = canvas.getContext('2d');
  if (!context) throw new Error('no canvas');
  context.fillStyle = 'rgb(200 90 40)';
  context.fillRect(0, 0, canvas.width, canvas.height);
  const stream = await rig.open(canvas, { where: 'local' });
  const size = { width: 4_096, height: 1_152 };
  await expectShown(stream, size, lookAt(canvas, size), TOLERANCE);
  await vi.waitUntil(() => stream.stats().why.includes('its frames of 5120x1440 are made smaller, 4096x1152'), WAIT);
});

test('a source of 1x1 is refused with a sentence', async () => {
  const stream = await open(paintedFrame(1, 1), { where: 'volunteers' });
  await vi.waitUntil(
    () => stream.stats().why.includes("A stream's frames must be at least 2x2 pixels, not 1x1."),
    WAIT,
  );
});

/** Opens a stream on a single frame. */
function open(frame: VideoFrame, options: StreamOptions): Promise<FrameStream> {
  return rig.open(new ReadableStream<VideoFrame>({ start: (controller) => controller.enqueue(frame) }), options);
}

/** Polls, because the browser copies a worker's drawing to the page's canvas with a delay. */
async function expectShown({ canvas }: FrameStream, size: Size, expected: number[], tolerance: number): Promise<void> {
  await vi.waitFor(() => {
    expect({ width: canvas.width, height: canvas.height }).toEqual(size);
    expect(largestDifference(lookAt(canvas, size), expected)).toBeLessThan(tolerance);
  }, WAIT);
}

function even(side: number): number {
  return side - (side % 2);
}

function painted(width: number, height: number): OffscreenCanvas {
  const canvas = new OffscreenCanvas(width, height);
  const context = canvas.getContext('2d', { alpha: false, willReadFrequently: true });
  if (!context) throw new Error('no canvas');
  for (const [index, colour] of FIELDS.entries()) {
    context.fillStyle = `rgb(${colour.join(' ')})`;
    context.fillRect((index * width) / FIELDS.length, 0, width, height);
  }
  return canvas;
}

function paintedFrame(width: number, height: number): VideoFrame {
  return new VideoFrame(painted(width, height), { timestamp: 0 });
}

/** A frame of the painted pixels, of a kind that a canvas cannot give. TypeScript's list of properties is older than the standard's. */
function ofPixels(
  codedWidth: number,
  codedHeight: number,
  init: Partial<VideoFrameBufferInit> & { rotation?: number },
): VideoFrame {
  const pixels = painted(codedWidth, codedHeight).getContext('2d')?.getImageData(0, 0, codedWidth, codedHeight).data;
  return new VideoFrame(new Uint8Array(pixels ?? []), {
    format: 'RGBX',
    codedWidth,
    codedHeight,
    timestamp: 0,
    ...init,
  });
}

/** Three grey fields of 10 bits a sample. */
function tenBitFrame(codedWidth: number, codedHeight: number): VideoFrame {
  const samples = new Uint16Array(codedWidth * codedHeight * 1.5).fill(512);
  for (let i = 0; i < codedWidth * codedHeight; i++)
    samples[i] = 200 + 250 * Math.floor(((i % codedWidth) * 3) / codedWidth);
  const colorSpace = { primaries: 'bt709', transfer: 'bt709', matrix: 'bt709', fullRange: false } as const;
  return new VideoFrame(samples, {
    format: 'I420P10' as VideoPixelFormat,
    codedWidth,
    codedHeight,
    timestamp: 0,
    colorSpace,
  });
}

/** Colours at nine places of a picture that is drawn as large as `drawn`. */
function lookAt(picture: CanvasImageSource, { width, height }: Size, drawn: Size = { width, height }): number[] {
  const context = new OffscreenCanvas(width, height).getContext('2d', { willReadFrequently: true });
  context?.drawImage(picture, 0, 0, drawn.width, drawn.height);
  const at = (x: number, y: number) => [...(context?.getImageData(Math.floor(x), Math.floor(y), 1, 1).data ?? [])];
  const places = [1 / 6, 1 / 2, 5 / 6];
  return places.flatMap((x) => places.flatMap((y) => at(x * width, y * height).slice(0, 3)));
}

function largestDifference(one: readonly number[], other: readonly number[]): number {
  return Math.max(...one.map((value, i) => Math.abs(value - (other[i] ?? Number.NaN))));
}
