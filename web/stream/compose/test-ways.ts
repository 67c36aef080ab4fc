import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { MAX_ADDED_LEVELS, NO_DETAIL_CODE } from '../../../shared/detail.ts';
import { uprightSize } from '../../compute/frame-orientation.ts';
import { canvasFrame, cut, type Painting, rgbFrame, yuvFrame } from '../../compute/painted-frames.ts';
import { bt601, bt709, bt709Full, flat, PART, p3, SIZE } from '../../compute/test-paintings.ts';
import { composePixels } from './composition.ts';
import type { Way } from './open-composer.ts';
import { removeNearChange, tilesNearChange } from './still-tiles.ts';
import {
  detailOf,
  drawn,
  largestDifference,
  mixedCodes,
  pictureFrame,
  TEST_SCALE,
  targetOf,
} from './test-composing.ts';

const translucent: Painting = (x, y) => [...flat(x, y), x < 32 ? 255 : 100];
const stretched = { displayWidth: 96, displayHeight: 48 };

/** What sources give; `painted` is a frame of the same colours that no browser converts: the processor's drawImage clips blue (yuv.ts), and so do direct ways. */
const KINDS: { name: string; make(): VideoFrame | Promise<VideoFrame>; painted?(): VideoFrame }[] = [
  {
    name: 'I420 frames',
    make: () => yuvFrame('I420', SIZE, bt709, flat),
    painted: () => rgbFrame('RGBX', SIZE, undefined, flat),
  },
  {
    name: 'I420 frames of full range',
    make: () => yuvFrame('I420', SIZE, bt709Full, flat),
  },
  { name: 'NV12 frames of BT.601', make: () => yuvFrame('NV12', SIZE, bt601, flat) },
  { name: 'frames of which a part is visible', make: () => cut(yuvFrame('I420', SIZE, bt601, flat), 8, 4, PART) },
  { name: 'frames turned by a quarter', make: () => yuvFrame('I420', SIZE, bt601, flat, { rotation: 90 }) },
  { name: 'frames whose pixels are not square', make: () => yuvFrame('I420', SIZE, bt601, flat, stretched) },
  { name: 'translucent frames', make: () => rgbFrame('RGBA', SIZE, undefined, translucent) },
  { name: 'translucent I420A frames', make: () => yuvFrame('I420A', SIZE, bt709Full, translucent) },
  { name: 'frames of Display P3', make: () => rgbFrame('RGBX', SIZE, p3, flat) },
  { name: 'frames of 10 bits', make: tenBits },
  { name: 'frames of a canvas', make: () => canvasFrame(SIZE, flat) },
];

async function tenBits(): Promise<VideoFrame> {
  const frame = yuvFrame('I420', SIZE, bt601, flat);
  const bytes = new Uint8Array(frame.allocationSize());
  await frame.copyTo(bytes);
  frame.close();
  const size = { codedWidth: SIZE.width, codedHeight: SIZE.height };
  // TypeScript's list of formats is older than the standard's.
  const format = 'I420P10' as VideoPixelFormat;
  return new VideoFrame(
    Uint16Array.from(bytes, (value) => value << 2),
    { format, ...size, timestamp: 1, colorSpace: bt709 },
  );
}

/** On an opaque canvas. Closes the frame. */
function shown(frame: VideoFrame): ImageData {
  const { width, height } = uprightSize(frame);
  const target = targetOf({ width, height });
  target.drawImage(frame, 0, 0, width, height);
  frame.close();
  return target.getImageData(0, 0, width, height);
}

/** Where nothing changes within three pixels: browsers interpolate chroma in different ways. */
function largestFlatDifference(pixels: ArrayLike<number>, { data, width, height }: ImageData): number {
  if (pixels.length !== data.length) return Number.POSITIVE_INFINITY;
  let largest = 0;
  const at = (x: number, y: number, channel: number) => data[(y * width + x) * 4 + channel] ?? 0;
  for (let y = 3; y < height - 3; y++) {
    for (let x = 3; x < width - 3; x++) {
      const isFlat = [0, 1, 2].every((n) =>
        [at(x - 3, y, n), at(x + 3, y, n), at(x, y - 3, n), at(x, y + 3, n)].every(
          (value) => Math.abs(value - at(x, y, n)) <= 4,
        ),
      );
      for (let n = 0; isFlat && n < 3; n++)
        largest = Math.max(largest, Math.abs((pixels[(y * width + x) * 4 + n] ?? 0) - at(x, y, n)));
    }
  }
  return largest;
}

/** Checks a way of composing, in the browser that runs the test. */
export function testWay(name: string, open: () => Promise<Way>): void {
  describe(name, () => {
    let composer: Way;

    beforeAll(async () => {
      composer = await open();
    });

    afterAll(() => composer.dispose());

    async function loaded(frame: VideoFrame) {
      try {
        return await composer.load(frame);
      } finally {
        frame.close();
      }
    }

    test.each([
      [24, 16, 48, 32],
      [17, 5, 34, 10],
      [20, 14, 30, 21],
      [13, 9, 52, 36],
      [16, 8, 16, 8],
      [1, 1, 2, 2],
    ])(
      '%ix%i becomes %ix%i, with detail and without, within a step of the reference',
      async (width, height, outWidth, outHeight) => {
        const out = { width: outWidth, height: outHeight };
        const { frame, picture } = pictureFrame(width, height);
        const raw = await loaded(frame);
        const base = await drawn(composer, raw, null, out);
        expect(largestDifference(base, composePixels(picture, null, TEST_SCALE, out))).toBeLessThanOrEqual(1);
        const codes = mixedCodes(out);
        const sharp = await drawn(composer, raw, detailOf(raw, codes), out);
        expect(largestDifference(sharp, composePixels(picture, codes, TEST_SCALE, out))).toBeLessThanOrEqual(1);
        const flat = new Uint8Array(codes.length).fill(NO_DETAIL_CODE);
        expect(await drawn(composer, raw, detailOf(raw, flat, { deadZoneCodes: 0 }), out)).toEqual(base);
        raw.dispose();
      },
    );

    test('a ramp comes out within two codes', async () => {
      const out = { width: 430, height: 4 };
      const raw = await loaded(rgbFrame('RGBX', { width: 215, height: 2 }, undefined, () => [128, 128, 128]));
      const codes = Uint8Array.from({ length: 430 * 4 }, (_, i) => 21 + Math.floor((i % 430) / 2));
      // A code is a quarter of a step, so that all of them are within the bound.
      const ramp = await drawn(composer, raw, detailOf(raw, codes, { gain: 2, weight: 0.5, deadZoneCodes: 0 }), out);
      expect(
        largestDifference(
          Array.from(codes, (code) => 128 + (code - 128) / 4),
          ramp.filter((_, i) => i % 4 === 1),
        ),
      ).toBeLessThanOrEqual(1);
    });

    test('detail as strong as can be, of any code, changes no pixel by more than the bound', async () => {
      const out = { width: 512, height: 4 };
      const raw = await loaded(rgbFrame('RGBX', { width: 256, height: 2 }, undefined, () => [120, 130, 140]));
      const codes = Uint8Array.from({ length: 512 * 4 }, (_, i) => Math.floor((i % 512) / 2));
      const base = await drawn(composer, raw, null, out);
      for (const scale of [
        { gain: 1.5, weight: 0.85, deadZoneCodes: 4 },
        { gain: 1, weight: 4, deadZoneCodes: 0 },
        { gain: 1, weight: 1, deadZoneCodes: 0, maxSteps: 53 },
      ]) {
        const made = await drawn(composer, raw, detailOf(raw, codes, scale), out);
        expect(largestDifference(made, base)).toBe(scale.maxSteps ?? MAX_ADDED_LEVELS);
      }
    });

    test('detail of another picture is added where the source stood still', async () => {
      const out = { width: 106, height: 74 };
      const codes = mixedCodes(out);
      const { frame, picture } = pictureFrame(53, 37);
      const changed = { ...picture, data: Uint8Array.from(picture.data) };
      changed.data[(17 * 53 + 20) * 4] = 77;
      const first = await loaded(frame);
      const second = await loaded(
        new VideoFrame(changed.data, { format: 'RGBX', codedWidth: 53, codedHeight: 37, timestamp: 2 }),
      );
      const still = codes.slice();
      removeNearChange(still, tilesNearChange(picture, changed), picture, out);
      const expected = composePixels(changed, still, TEST_SCALE, out);
      const made = await drawn(composer, second, detailOf(first, codes), out);
      expect(largestDifference(made, expected)).toBeLessThanOrEqual(1);
      const smaller = await loaded(pictureFrame(50, 37).frame);
      expect(await drawn(composer, second, detailOf(smaller, codes), out)).toEqual(
        await drawn(composer, second, null, out),
      );
    });

    test.each(KINDS)('$name look as drawImage shows them', async ({ make, painted }) => {
      const frame = await make();
      const expected = shown(composer.isDirect || !painted ? frame.clone() : painted());
      const raw = await loaded(frame);
      const size = { width: raw.width, height: raw.height };
      expect(largestFlatDifference(await drawn(composer, raw, null, size), expected)).toBeLessThanOrEqual(3);
      expect(size).toEqual({ width: expected.width, height: expected.height });
    });

    test('what cannot be composed is refused with a reason', async () => {
      const out = { width: 48, height: 32 };
      const raw = await loaded(pictureFrame(24, 16).frame);
      const composing = (changes: object) => drawn(composer, raw, detailOf(raw, mixedCodes(out), changes), out);
      await expect(composing({ codes: new Uint8Array(48 * 31) })).rejects.toMatchObject({ reason: 'malformed' });
      await expect(composing({ gain: 0 })).rejects.toMatchObject({ reason: 'bad-input' });
      await expect(drawn(composer, raw, null, { width: 12, height: 8 })).rejects.toMatchObject({ reason: 'bad-input' });
      const foreign = { width: 24, height: 16, dispose: () => {} };
      await expect(drawn(composer, foreign, null, out)).rejects.toMatchObject({ reason: 'bad-input' });
      raw.dispose();
      await expect(drawn(composer, raw, null, out)).rejects.toMatchObject({ reason: 'bad-input' });
      const { frame } = pictureFrame(24, 16);
      frame.close();
      await expect(composer.load(frame)).rejects.toMatchObject({ reason: 'source-ended' });
    });
  });
}
