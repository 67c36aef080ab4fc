import { expect, test } from 'vitest';
import { RgbaReader } from '../../compute/video-frames.ts';
import { EdgeReader, type SourceEdges } from './source-edges.ts';

const [WIDTH, HEIGHT] = [64, 48];
/** Every way of taking luma may round, and some formats hold it in limited range. */
const TOLERANCE = 0.2;

/** Grey stripes on the right half; the left one is even. */
function pixels(channels: 1 | 4): Uint8Array {
  const made = new Uint8Array(WIDTH * HEIGHT * channels);
  for (let at = 0; at < made.length; at++) {
    const x = Math.floor(at / channels) % WIDTH;
    made[at] = x >= WIDTH / 2 && x % 8 < 4 ? 200 : 90;
  }
  return made;
}

function planar(format: 'I420' | 'NV12'): VideoFrame {
  const planes = new Uint8Array(WIDTH * HEIGHT * 1.5).fill(128);
  planes.set(pixels(1));
  return new VideoFrame(planes, { format, codedWidth: WIDTH, codedHeight: HEIGHT, timestamp: 0 });
}

function packed(format: VideoPixelFormat): VideoFrame {
  return new VideoFrame(pixels(4), { format, codedWidth: WIDTH, codedHeight: HEIGHT, timestamp: 0 });
}

function drawn(): VideoFrame {
  const canvas = new OffscreenCanvas(WIDTH, HEIGHT);
  canvas.getContext('2d', { alpha: false })?.putImageData(imageOf(pixels(4)), 0, 0);
  return new VideoFrame(canvas, { timestamp: 0 });
}

function imageOf(data: Uint8Array): ImageData {
  return new ImageData(
    new Uint8ClampedArray(data).map((value, at) => (at % 4 === 3 ? 255 : value)),
    WIDTH,
    HEIGHT,
  );
}

const edgesOf = (frame: VideoFrame): Promise<SourceEdges | null> => new EdgeReader().read(frame, () => 0, 1);

test.each<[string, () => VideoFrame]>([
  ['NV12', () => planar('NV12')],
  ['RGBX', () => packed('RGBX')],
  ['BGRX', () => packed('BGRX')],
  ['RGBA', () => packed('RGBA')],
  ['a canvas', drawn],
])('frames of %s have the edges of the same picture in I420', async (_, make) => {
  const [frame, reference] = [make(), planar('I420')];
  const [edges, expected] = [await edgesOf(frame), await edgesOf(reference)];
  for (const each of [frame, reference]) each.close();
  expect(edges?.contrast.length).toBe(expected?.contrast.length);
  for (const [tile, contrast] of (expected?.contrast ?? []).entries()) {
    const difference = Math.abs((edges?.contrast[tile] ?? Number.NaN) - contrast);
    expect(difference).toBeLessThanOrEqual(1 + TOLERANCE * contrast);
  }
  expect(Math.max(...(expected?.contrast ?? []))).toBeGreaterThan(50);
});

test.each(['I420', 'RGBX'] as const)('a turned frame of %s has the edges of the upright picture', async (format) => {
  const size = { codedWidth: WIDTH, codedHeight: HEIGHT, timestamp: 0 };
  const stored = format === 'I420' ? planar(format) : new VideoFrame(imageOf(pixels(4)).data, { format, ...size });
  const turned = new VideoFrame(stored, { rotation: 90 } as VideoFrameInit);
  const { width, height, data } = await new RgbaReader().read(turned);
  const upright = new VideoFrame(data, { format: 'RGBX', codedWidth: width, codedHeight: height, timestamp: 0 });
  const [edges, expected] = [await edgesOf(turned), await edgesOf(upright)];
  for (const each of [stored, turned, upright]) each.close();
  expect(edges).toEqual(expected);
  expect([width, Math.max(...(edges?.contrast ?? [])) > 50]).toEqual([HEIGHT, true]);
});

test('only the visible part of a frame counts', async () => {
  const whole = planar('I420');
  const visibleRect = { x: 0, y: 0, width: WIDTH / 2 - 8, height: HEIGHT };
  const left = new VideoFrame(whole, { visibleRect, displayWidth: visibleRect.width, displayHeight: HEIGHT });
  const edges = await edgesOf(left);
  for (const each of [whole, left]) each.close();
  expect(edges?.width).toBe(visibleRect.width);
  expect(Math.max(...(edges?.contrast ?? [Number.NaN]))).toBe(0);
});

test('a closed frame has none, and neither has one that comes while another is being read', async () => {
  const reader = new EdgeReader();
  const [frame, closed] = [planar('I420'), planar('I420')];
  closed.close();
  const first = reader.read(frame, () => 0, 1);
  expect(await reader.read(frame, () => 0, 1)).toBeNull();
  expect(await first).not.toBeNull();
  frame.close();
  expect(await reader.read(closed, () => 0, 1)).toBeNull();
});
