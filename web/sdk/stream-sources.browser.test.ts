// Protects: sources of every size, orientation, pixel shape, depth and gamut are shown as the browser itself shows them, or refused with a sentence.
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { colorSpaceOf } from '../compute/painted-frames.ts';
import { WasmComposer } from '../stream/compose/wasm-composer.ts';
import type { FrameStream, StreamOptions } from './frame-stream.ts';
import { FIELDS, paintFields } from './test-fields.ts';
import { StreamRig } from './test-stream-rig.ts';

/** Only ends a test that hangs; nothing is measured. */
const WAIT = { timeout: 30_000, interval: 10 };
/** The test volunteer's detail makes everything brighter by 7; codecs, and chroma at the fields' edges, may add a little. */
const TOLERANCE = 12;

const P3 = { fullRange: true, primaries: 'smpte432', transfer: 'iec61966-2-1' } as const;

let rig: StreamRig;

beforeEach(() => {
  rig = new StreamRig({ openComposer: () => WasmComposer.open() });
});

afterEach(() => rig.dispose());

const SOURCES: [string, VideoFrame, [number, number]][] = [
  ['of 17x5', paintedFrame(17, 5), [32, 8]],
  ['of 853x481', paintedFrame(853, 481), [1704, 960]],
  ['turned by a quarter', ofPixels(64, 36, { rotation: 90 }), [72, 128]],
  ['turned by half', ofPixels(64, 36, { rotation: 180 }), [128, 72]],
  ['of pixels that are not square', ofPixels(64, 36, { displayWidth: 96, displayHeight: 36 }), [192, 72]],
  ['of 10 bits', tenBitFrame(64, 36), [128, 72]],
  ['of Display P3', ofPixels(64, 36, { colorSpace: colorSpaceOf('rgb', P3) }), [128, 72]],
];

test.each(SOURCES)(
  'a source %s gets detail and is shown as the browser shows it',
  async (_, frame, [width, height]) => {
    const expected = lookAt(frame, width, height);
    const stream = await open(frame, { where: 'volunteers' });
    await vi.waitUntil(() => stream.stats().framesWithDetail === 1, WAIT);
    await vi.waitFor(() => {
      expect([stream.canvas.width, stream.canvas.height]).toEqual([width, height]);
      const worst = largestDifference(lookAt(stream.canvas, width, height), expected);
      expect(worst).toBeLessThan(TOLERANCE);
    }, WAIT);
    expect(rig.failures).toEqual([]);
  },
);

test('pictures of volunteers, too, are shown as the browser shows a turned source', async () => {
  const frame = ofPixels(64, 36, { rotation: 90 });
  const expected = lookAt(frame, 72, 128);
  const stream = await open(frame, { where: 'volunteers', transport: 'picture' });
  await vi.waitUntil(() => stream.stats().shares.length > 0, WAIT);
  await vi.waitFor(
    () => expect(largestDifference(lookAt(stream.canvas, 72, 128), expected)).toBeLessThan(2 * TOLERANCE),
    WAIT,
  );
});

test('a source of 5120x1440 is made smaller, as `why` says', async () => {
  const frame = paintedFrame(5_120, 1_440);
  const expected = lookAt(frame, 4_096, 1_152);
  const stream = await open(frame, { where: 'local' });
  await vi.waitUntil(() => stream.stats().framesPresented === 1, WAIT);
  await vi.waitFor(
    () => expect(largestDifference(lookAt(stream.canvas, 4_096, 1_152), expected)).toBeLessThan(TOLERANCE),
    WAIT,
  );
  expect(stream.stats().why).toContain('its frames of 5120x1440 are made smaller, 4096x1152');
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

function painted(width: number, height: number): OffscreenCanvas {
  const canvas = new OffscreenCanvas(width, height);
  const context = canvas.getContext('2d', { alpha: false, willReadFrequently: true });
  if (!context) throw new Error('no canvas');
  paintFields(context, 0);
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

/** Colours of the middle of each field, at two heights, where it is drawn as large as that. */
function lookAt(picture: CanvasImageSource, width: number, height: number): number[] {
  const context = new OffscreenCanvas(width, height).getContext('2d', { willReadFrequently: true });
  context?.drawImage(picture, 0, 0, width, height);
  const at = (x: number, y: number) => [
    ...(context?.getImageData(Math.floor(x * width), Math.floor(y * height), 1, 1).data ?? []),
  ];
  const along = FIELDS.map((_, index) => (index + 0.5) / FIELDS.length);
  return along.flatMap((x) => along.flatMap((y) => at(x, y).slice(0, 3)));
}

function largestDifference(one: readonly number[], other: readonly number[]): number {
  return Math.max(...one.map((value, i) => Math.abs(value - (other[i] ?? Number.NaN))));
}
