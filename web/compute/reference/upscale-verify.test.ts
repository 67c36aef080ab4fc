import { describe, expect, test } from 'vitest';
import type { MeshError } from '../../../shared/errors.ts';
import { seededRandom } from '../../../shared/seeded-random.ts';
import type { PackedTask, Recomputation } from '../../../shared/tasks/definition.ts';
import {
  FILTERS,
  isNetwork,
  NETWORKS,
  type Quality,
  type UpscaleParams,
  upscale,
} from '../../../shared/tasks/upscale.ts';
import { CHECKED_TILE, type PictureTile, randomTile } from '../../../shared/tasks/upscale-tile.ts';
import { upscaleReference } from './upscale.ts';

// The reference plays both the checking machine and the volunteer, because `shared/` contains neither.

/** A picture with edges everywhere and transparent parts. */
function picture(width: number, height: number, seed = 1) {
  const random = seededRandom(seed);
  const data = new Uint8ClampedArray(width * height * 4);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const base = Math.floor(x / 7 + y / 5) % 2 ? 200 : 40;
      const alpha = x > width / 2 && y > height / 2 ? 128 : 255;
      data.set([base + 40 * random(), base, 255 - base + 20 * random(), alpha], (y * width + x) * 4);
    }
  }
  return { width, height, data };
}

function computed({ params, attachments }: PackedTask<UpscaleParams>): Uint8ClampedArray {
  const { width, height, outWidth, outHeight, quality } = params;
  const data = attachments[0] ?? new Uint8Array(0);
  if (isNetwork(quality)) throw new Error('a filter is enough here');
  return upscaleReference({ width, height, data }, { outWidth, outHeight, quality });
}

/** The error of the check, or null. */
function verdict(task: PackedTask<UpscaleParams>, data: Uint8ClampedArray, seed: number): MeshError | null {
  const image = { width: task.params.outWidth, height: task.params.outHeight, data };
  const checks = upscale.verify(task, { image }, seededRandom(seed));
  try {
    for (let step = checks.next(); !step.done; ) {
      const part = step.value?.task as PackedTask<UpscaleParams> | undefined;
      if (part) expect(part.params.width).toBeLessThanOrEqual(task.params.width);
      const pixels = part && computed(part);
      step = checks.next(pixels && { value: null, attachments: [new Uint8Array(pixels.buffer)] });
    }
    return null;
  } catch (cause) {
    return cause as MeshError;
  }
}

const SIZES = [
  { width: 200, height: 120, scale: 2 },
  { width: 150, height: 90, scale: 1.5 },
  { width: 64, height: 36, scale: 4 },
  { width: 97, height: 61, outWidth: 130, outHeight: 100 },
  { width: 1, height: 1, scale: 3 },
];

describe.each(FILTERS)('%s', (quality) => {
  test.each(SIZES)('an honest picture passes wherever the check looks: $width x $height', (size) => {
    const task = upscale.pack({ image: picture(size.width, size.height), quality, ...sizeOf(size) });
    const honest = computed(task);
    const random = seededRandom(9);
    // Another vendor's GPU rounds differently, by one step here and there.
    const elsewhere = honest.map((value) => value + Math.round(random() * 2 - 1));
    for (let seed = 1; seed < 30; seed++) {
      expect(verdict(task, honest, seed)).toBeNull();
      expect(verdict(task, elsewhere, seed)).toBeNull();
    }
  });

  test('another picture, noise, or a cheaper filter is detected', () => {
    const task = upscale.pack({ image: picture(200, 120), quality });
    const other = computed(upscale.pack({ image: picture(200, 120, 2), quality }));
    const random = seededRandom(5);
    const noisy = computed(task).map((value, i) => (i % 4 === 3 ? value : value + (random() - 0.5) * 24));
    const shifted = shiftedBy(computed(task), 400, 2);
    const cheaper = computed(
      upscale.pack({ image: picture(200, 120), quality: quality === 'bilinear' ? 'spatial' : 'bilinear' }),
    );
    for (const bad of [other, noisy, shifted, cheaper]) {
      for (let seed = 1; seed < 30; seed++) expect(verdict(task, bad, seed)).toMatchObject({ reason: 'verify-failed' });
    }
  });
});

test('a wrong tile is detected as often as the check looks there', () => {
  const task = upscale.pack({ image: picture(128, 128) });
  const bad = computed(task);
  // A quarter of the picture is black.
  for (let y = 0; y < 128; y++) bad.fill(0, y * 256 * 4, (y * 256 + 128) * 4);
  const found = Array.from({ length: 200 }, (_, seed) => verdict(task, bad, seed + 1)).filter(
    (error) => error !== null,
  );
  expect(found.length / 200).toBeGreaterThan(0.2);
});

test('only a small part of a large picture is computed again', () => {
  const task = upscale.pack({ image: picture(640, 360) });
  const checks = upscale.verify(task, { image: { width: 1280, height: 720, data: computed(task) } }, () => 0.5);
  const { value } = checks.next() as IteratorYieldResult<Recomputation>;
  const { width, height } = requireTask(value).params;
  const side = CHECKED_TILE.sidePx + 2 * CHECKED_TILE.haloPx;
  expect([width, height]).toEqual([side, side]);
});

test('a check of a larger network costs at most two and a half times as much as of `quality`, and compares 1,600 pixels', () => {
  const tileOf = (quality: Quality) =>
    randomTile({ width: 640, height: 360, outWidth: 1280, outHeight: 720, quality }, () => 0.5);
  const costOf = (quality: Quality) => {
    const { across, down } = tileOf(quality);
    return upscale.cost({ ...{ width: across.length, height: down.length, quality }, ...outOf(tileOf(quality)) });
  };
  for (const quality of NETWORKS) {
    expect(costOf(quality) / costOf('quality')).toBeLessThan(2.5);
    const { across, down } = tileOf(quality);
    expect((across.validTo - across.validFrom) * (down.validTo - down.validFrom)).toBeGreaterThanOrEqual(1_600);
  }
});

function outOf({ across, down }: PictureTile) {
  return { outWidth: across.outLength, outHeight: down.outLength };
}

test.each(NETWORKS)('%s is computed again once', (quality) => {
  const task = upscale.pack({ image: picture(64, 64), quality });
  const image = { width: 128, height: 128, data: new Uint8ClampedArray(128 * 128 * 4) };
  const asked: unknown[] = [];
  const checks = upscale.verify(task, { image }, () => 0.5);
  expect(() => {
    for (let step = checks.next(); !step.done; ) {
      const { outWidth, outHeight, ...params } = requireTask(step.value).params;
      asked.push(params.quality);
      step = checks.next({ value: null, attachments: [new Uint8Array(outWidth * outHeight * 4).fill(255)] });
    }
  }).toThrow(expect.objectContaining({ reason: 'verify-failed' }));
  expect(asked).toEqual([quality]);
});

function requireTask(part: Recomputation | undefined): PackedTask<UpscaleParams> {
  if (!part) throw new Error('nothing was to be computed');
  return part.task as PackedTask<UpscaleParams>;
}

function sizeOf({ scale, outWidth, outHeight }: { scale?: number; outWidth?: number; outHeight?: number }) {
  return scale === undefined ? { width: outWidth, height: outHeight } : { scale };
}

function shiftedBy(data: Uint8ClampedArray, width: number, pixels: number): Uint8ClampedArray {
  return data.map(
    (_, i) => data[Math.floor(i / (width * 4)) * width * 4 + (((i % (width * 4)) + pixels * 4) % (width * 4))] ?? 0,
  );
}
