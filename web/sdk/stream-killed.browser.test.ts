// Protects: the picture is this machine's own, so it goes on whatever becomes of a volunteer, and changes by no more than its detail.
import { afterEach, expect, test, vi } from 'vitest';
import type { Composer } from '../stream/compose/composer.ts';
import { canvasComposer } from '../stream/compose/test-composer.ts';
import { framesOfVolunteers, StreamRig } from './test-stream-rig.ts';

/** Only ends a test that hangs; nothing is measured. */
const WAIT = { timeout: 60_000, interval: 10 };
const INTERVAL_MS = 33;
const GREY = 128;
/** What the test volunteer's detail adds, at most. */
const DETAIL_STEPS = 10;
/** Numbers of frames that their colour tells apart. */
const NUMBERS = 32;

/** A picture that was drawn: the number of its source frame, and its brightness. */
interface Drawn {
  number: number;
  level: number;
}

let rig: StreamRig;

afterEach(() => rig.dispose());

test('when a volunteer is killed, every frame of the source or the one after it is shown, and none jumps by more than its detail', async () => {
  const drawn: Drawn[] = [];
  rig = new StreamRig({ openComposer: async () => recording(canvasComposer(), drawn) });
  const stream = await rig.open(numberedFrames(), { where: 'volunteers' });
  const hasDetail = () => drawn.slice(-5).some(({ level }) => level > GREY);
  await vi.waitUntil(() => framesOfVolunteers(stream) > 10 && hasDetail(), WAIT);
  const atKill = drawn.length;
  rig.killVolunteer();
  await vi.waitUntil(() => drawn.length > atKill + 40, WAIT);
  expect(stream.stats().shares.length).toBeLessThanOrEqual(1);

  const seen = drawn.slice(atKill - 5);
  expect(new Set(seen.map(({ level }) => level)).size).toBeGreaterThan(1);
  for (const [index, { number, level }] of seen.entries()) {
    expect(level).toBeGreaterThanOrEqual(GREY - 1);
    expect(level).toBeLessThanOrEqual(GREY + DETAIL_STEPS);
    const before = seen[index - 1] ?? { number };
    const advance = (number - before.number + NUMBERS) % NUMBERS;
    expect(advance, `${before.number} to ${number}`).toBeLessThanOrEqual(2);
  }
  // Without detail now.
  expect(drawn.at(-1)?.level).toBe(GREY);
});

/** Grey frames whose blue tells their number, at about 30 a second until the reader cancels. */
function numberedFrames(): ReadableStream<VideoFrame> {
  let count = 0;
  return new ReadableStream<VideoFrame>(
    {
      async pull(controller) {
        await new Promise((resolve) => setTimeout(resolve, INTERVAL_MS));
        const pixels = new Uint8Array(4 * 64 * 36).fill(GREY);
        for (let at = 0; at < pixels.length; at += 4) pixels.set([GREY + 2 * (count % NUMBERS), 255], at + 2);
        const timestamp = count++ * INTERVAL_MS * 1000;
        controller.enqueue(new VideoFrame(pixels, { format: 'RGBX', codedWidth: 64, codedHeight: 36, timestamp }));
      },
    },
    { highWaterMark: 0 },
  );
}

/** Notes what is drawn. Detail is luma, so the difference of two colours is the source's. */
function recording(composer: Composer, drawn: Drawn[]): Composer {
  return {
    ...composer,
    async compose(raw, detail, target) {
      await composer.compose(raw, detail, target);
      const [level = 0, , blue = 0] = target.getImageData(10, 10, 1, 1).data;
      drawn.push({ number: (blue - level) / 2, level });
    },
  };
}
