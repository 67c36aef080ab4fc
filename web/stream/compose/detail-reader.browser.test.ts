import { afterEach, expect, test } from 'vitest';
import { colorSpaceOf, cut, yuvFrame } from '../../compute/painted-frames.ts';
import { DetailReader } from './detail-reader.ts';

const SIZE = { width: 24, height: 16 };
const COUNT = SIZE.width * SIZE.height;
const LIMITED = colorSpaceOf('bt709');

/** Every code of detail, in no order that a shift or a missing row would keep. */
const codeAt = (x: number, y: number) => 21 + ((x * 37 + y * 101) % 215);
const EXPECTED = Uint8Array.from({ length: COUNT }, (_, i) => codeAt(i % SIZE.width, Math.floor(i / SIZE.width)));

const frames: VideoFrame[] = [];

afterEach(() => {
  for (const frame of frames.splice(0)) frame.close();
});

/** A frame of codes, each sample `bytesPerSample` wide, with `extraStride` samples after each row of luma. */
function detailFrame(format: string, { bits = 8, extraStride = 0, colorSpace = LIMITED } = {}): VideoFrame {
  const { width, height } = SIZE;
  const bytesPerSample = bits > 8 ? 2 : 1;
  const lumaBytes = (width + extraStride) * height * bytesPerSample;
  const chromaStride = (format === 'NV12' ? width : width / 2) * bytesPerSample;
  const planeBytes = (chromaStride * height) / 2;
  const planes = format === 'NV12' ? 1 : 2;
  const data = new Uint8Array(lumaBytes + planes * planeBytes);
  const put = (sample: number, value: number) => {
    if (bytesPerSample === 1) data[sample] = value;
    else new DataView(data.buffer).setUint16(sample * 2, value << (bits - 8), true);
  };
  for (let i = 0; i < data.length / bytesPerSample; i++) put(i, 128);
  for (let i = 0; i < COUNT; i++) {
    const y = Math.floor(i / width);
    put(y * (width + extraStride) + (i % width), EXPECTED[i] ?? 0);
  }
  const layout = [{ offset: 0, stride: (width + extraStride) * bytesPerSample }];
  for (let n = 0; n < planes; n++) layout.push({ offset: lumaBytes + n * planeBytes, stride: chromaStride });
  return opened(
    new VideoFrame(data, {
      // TypeScript's list of formats is older than the standard's.
      format: format as VideoPixelFormat,
      ...{ codedWidth: width, codedHeight: height, timestamp: 1, layout, colorSpace },
    }),
  );
}

function opened(frame: VideoFrame): VideoFrame {
  frames.push(frame);
  return frame;
}

/** As a decoder gives it that keeps its pictures to itself. */
function opaque(frame: VideoFrame): VideoFrame {
  Object.defineProperty(frame, 'format', { value: null });
  return frame;
}

test.each([
  ['I420', {}],
  ['NV12', {}],
  ['I420', { extraStride: 8 }],
  ['I420', { colorSpace: colorSpaceOf('bt709', { fullRange: true }) }],
  ['I420P10', { bits: 10 }],
  ['I420P10', { bits: 10, extraStride: 4 }],
] as const)('codes of %s %o are read as they are', async (format, options) => {
  expect(await new DetailReader(SIZE).read(detailFrame(format, options))).toEqual(EXPECTED);
});

test.each([
  ['bt709', false],
  ['bt709', true],
  ['smpte170m', false],
  ['smpte170m', true],
])('codes of opaque frames of %s are found in RGB, full range: %s', async (matrix, fullRange) => {
  const reader = new DetailReader(SIZE);
  const frame = opaque(detailFrame('I420', { colorSpace: colorSpaceOf(matrix, { fullRange }) }));
  const [first, second] = await Promise.all([reader.read(frame), reader.read(frame)]);
  expect(first).toEqual(EXPECTED);
  expect(second).toEqual(EXPECTED);
});

test('only the visible part is read, where it begins at an odd pixel too', async () => {
  const inner = { width: 11, height: 8 };
  const expected = Uint8Array.from({ length: 88 }, (_, i) => codeAt((i % 11) + 6, Math.floor(i / 11) + 4));
  const part = opened(cut(detailFrame('I420'), 6, 4, inner));
  expect(await new DetailReader(inner).read(part)).toEqual(expected);
  // A browser makes no such frame of another one, but may decode one.
  const odd = detailFrame('I420');
  Object.defineProperty(odd, 'visibleRect', { value: new DOMRect(3, 5, 11, 8) });
  const oddExpected = Uint8Array.from({ length: 88 }, (_, i) => codeAt((i % 11) + 3, Math.floor(i / 11) + 5));
  expect(await new DetailReader(inner).read(odd)).toEqual(oddExpected);
});

test('codes stay as they are until they are given back, and their memory is used again', async () => {
  const reader = new DetailReader(SIZE);
  const [first, second] = [await reader.read(detailFrame('I420')), await reader.read(detailFrame('I420'))];
  expect(first.buffer).not.toBe(second.buffer);
  reader.reuse(first);
  first.fill(0);
  const third = await reader.read(detailFrame('NV12'));
  expect(third.buffer).toBe(first.buffer);
  for (const codes of [second, third]) expect(codes).toEqual(EXPECTED);
});

test('detail of another size, of an unknown format or of a closed frame is refused', async () => {
  const reader = new DetailReader({ width: 24, height: 18 });
  await expect(reader.read(detailFrame('I420'))).rejects.toMatchObject({ reason: 'malformed' });
  const unknown = detailFrame('I420');
  Object.defineProperty(unknown, 'format', { value: 'Y8P16' });
  await expect(new DetailReader(SIZE).read(unknown)).rejects.toMatchObject({ reason: 'malformed' });
  const closed = yuvFrame('I420', SIZE, LIMITED, () => [128, 128, 128]);
  closed.close();
  await expect(new DetailReader(SIZE).read(closed)).rejects.toMatchObject({ reason: 'source-ended' });
});
