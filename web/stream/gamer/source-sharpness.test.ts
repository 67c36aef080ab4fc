import { expect, test } from 'vitest';
import { seededRandom } from '../../../shared/seeded-random.ts';
import type { LumaPlane } from '../verify/luma-reader.ts';
import { measuredRows, sharpnessOf } from './source-sharpness.ts';

const [WIDTH, HEIGHT] = [96, 64];

function picture(grey: (x: number, y: number) => number, width = WIDTH, height = HEIGHT): LumaPlane {
  const bytes = Uint8Array.from({ length: width * height }, (_, i) =>
    Math.round(grey(i % width, Math.floor(i / width))),
  );
  return { width, height, bytes, offset: 0, stride: width };
}

/** The same whichever rows of the picture are measured. */
function sharpness(plane: LumaPlane): number | null {
  return sharpnessOf(plane, measuredRows(plane, () => 0.5).rows);
}

/** Edges of this height that are so many pixels wide, far from each other. */
function edges(widthPx: number, height = 200) {
  return picture((x) => {
    const rising = Math.min(1, Math.max(0, ((x % 24) - 4) / widthPx));
    const falling = Math.min(1, Math.max(0, ((x % 24) - 16) / widthPx));
    return 20 + height * (rising - falling);
  });
}

test('an edge between two neighbours gives 1, and less the wider it is', () => {
  expect(sharpness(edges(1))).toBeCloseTo(1);
  expect(sharpness(edges(2))).toBeCloseTo(0.5);
  expect(sharpness(edges(5))).toBeLessThan(0.4);
});

test('edges count alike whatever their height', () => {
  expect(sharpness(edges(2, 60))).toBeCloseTo(sharpness(edges(2)) ?? 0, 1);
});

test('noise and slow gradients do not make a picture look sharp or soft', () => {
  const random = seededRandom(1);
  const noisy = picture((x) => 20 + (x % 24 < 12 ? 0 : 200) + 8 * random());
  expect(sharpness(noisy)).toBeGreaterThan(0.9);
  const shaded = picture((x, y) => (x % 24 < 12 ? 20 : 180) + y);
  expect(sharpness(shaded)).toBeGreaterThan(0.95);
});

test('a picture without edges says nothing', () => {
  expect(sharpness(picture(() => 90))).toBeNull();
  expect(sharpness(picture(() => 90, 1, 1))).toBeNull();
});

test('of a large picture no more is measured than of a small one, and every row as often as any other', () => {
  const large = { width: 1_920, height: 1_080 };
  const rows = new Set<number>();
  for (let start = 0; start < 1; start += 1 / 64) {
    const measured = measuredRows(large, () => start);
    expect(measured.rows.length * large.width).toBeLessThanOrEqual(41_000);
    expect(Math.min(...measured.around)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...measured.around)).toBeLessThan(large.height);
    for (const row of measured.rows) rows.add(row);
  }
  expect(rows.size).toBe(large.height - 5);
});
