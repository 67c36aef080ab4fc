// Protects: a volunteer that answers a live stream of whole pictures with wrong ones is barred, and an honest one never is.
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { seededRandom } from '../../shared/seeded-random.ts';
import { rankedCodecs } from '../stream/codec/codecs.ts';
import type { FrameEngine } from '../stream/upscale/frame-engine.ts';
import { canvasEngine } from '../stream/upscale/test-frame-engine.ts';
import { framesOfVolunteers, StreamRig } from './test-stream-rig.ts';

const WAIT = { timeout: 60_000, interval: 10 };
const SOURCE_INTERVAL_MS = 33;
const [WIDTH, HEIGHT] = [128, 72];

type Painter = OffscreenCanvasRenderingContext2D;

let rig: StreamRig;
let random: () => number;

beforeEach(() => {
  random = seededRandom(5);
});

afterEach(() => rig.dispose());

const CHEATS: [string, (painter: Painter, frame: VideoFrame, count: number) => void][] = [
  ['the first frame forever', (painter, frame, count) => count === 0 && draw(painter, frame)],
  ['nothing', () => {}],
  ['noise', (painter) => speckle(painter)],
  [
    'its mirror image',
    (painter, frame) => {
      painter.setTransform(-1, 0, 0, 1, painter.canvas.width, 0);
      draw(painter, frame);
    },
  ],
];

test.each(CHEATS)('a volunteer that answers with %s is barred, and frames go on without it', async (_, paint) => {
  rig = new StreamRig({ volunteerEngine: engineThat(paint) });
  const stream = await rig.open(scrolling(), { where: 'volunteers', transport: 'picture' });
  await vi.waitUntil(() => rig.barred.length > 0, WAIT);
  expect(rig.barred[0]).toMatchObject({ reason: 'verify-failed' });
  expect(rig.barred[0]?.message).toContain('Vera');
  const { framesUnsharpened } = stream.stats();
  await vi.waitUntil(() => stream.stats().framesUnsharpened > framesUnsharpened + 5, WAIT);
});

test.each((await rankedCodecs()).map((codec) => [codec]))('an honest volunteer is trusted, in %s', async (codec) => {
  rig = new StreamRig({ codec });
  const stream = await rig.open(scrolling(), { where: 'volunteers', transport: 'picture' });
  await vi.waitUntil(() => framesOfVolunteers(stream) > 40, WAIT);
  expect(rig.barred).toEqual([]);
  expect(stream.stats().framesDropped['wrong-picture'] ?? 0).toBe(0);
});

/** Shapes of different brightness that move to the left, at about 30 frames/s until the reader cancels. */
function scrolling(): ReadableStream<VideoFrame> {
  const painter = painterOf(WIDTH, HEIGHT);
  const shapes = Array.from({ length: 120 }, () => [
    random() * 2 * WIDTH,
    random() * HEIGHT,
    4 + 12 * random(),
    random(),
  ]);
  let count = 0;
  return new ReadableStream<VideoFrame>(
    {
      async pull(controller) {
        await new Promise((resolve) => setTimeout(resolve, SOURCE_INTERVAL_MS));
        for (const [x = 0, y = 0, side = 0, brightness = 0] of shapes) {
          painter.fillStyle = `rgb(${[1, 0.8, 0.6].map((part) => 255 * part * brightness).join(' ')})`;
          painter.fillRect(((x - 2 * count + 8 * WIDTH * 100) % (2 * WIDTH)) - WIDTH / 2, y, side, side);
        }
        controller.enqueue(new VideoFrame(painter.canvas, { timestamp: count++ * SOURCE_INTERVAL_MS * 1000 }));
      },
    },
    { highWaterMark: 0 },
  );
}

/** The test engine, but painting something else. */
function engineThat(paint: (painter: Painter, frame: VideoFrame, count: number) => void): FrameEngine {
  return {
    openFrames(options) {
      const honest = canvasEngine.openFrames(options);
      const painter = painterOf(options.outWidth, options.outHeight);
      let count = 0;
      return {
        ...honest,
        async process(frame) {
          paint(painter, frame, count++);
          return new VideoFrame(painter.canvas, { timestamp: frame.timestamp });
        },
      };
    },
  };
}

function draw(painter: Painter, frame: VideoFrame): void {
  painter.drawImage(frame, 0, 0, painter.canvas.width, painter.canvas.height);
}

function speckle(painter: Painter): void {
  const { width, height } = painter.canvas;
  const image = painter.createImageData(width, height);
  for (let at = 0; at < image.data.length; at++) image.data[at] = at % 4 === 3 ? 255 : 255 * random();
  painter.putImageData(image, 0, 0);
}

function painterOf(width: number, height: number): Painter {
  const painter = new OffscreenCanvas(width, height).getContext('2d', { alpha: false, willReadFrequently: true });
  if (!painter) throw new Error('no canvas');
  return painter;
}
