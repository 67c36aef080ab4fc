import { expect, test } from 'vitest';
import { seededRandom } from '../../../shared/seeded-random.ts';
import type { PictureTile } from '../../../shared/tasks/upscale-tile.ts';
import { BenefitWindow, benefitOf } from './detail-benefit.ts';

const SIDE = 32;
/** Tiles that the first judgement takes. */
const MIN_JUDGED = 5;
const span = { from: 0, length: 16, outFrom: 0, outLength: SIDE, validFrom: 0, validTo: SIDE };
const TILE: PictureTile = { across: span, down: span };

const random = seededRandom(3);
const edges = codes(() => (random() - 0.5) * 60);

function codes(of: (index: number) => number): Uint8Array {
  return Uint8Array.from({ length: SIDE * SIDE }, (_, index) =>
    Math.min(235, Math.max(21, Math.round(128 + of(index)))),
  );
}

/** Judges a volunteer that answers every tile in this way. */
function worthOf(answer: (code: number, index: number) => number, expected = edges) {
  const record = new BenefitWindow();
  const received = codes((index) => answer((expected[index] ?? 128) - 128, index));
  for (let tile = 0; tile < 8; tile++) record.add(benefitOf(expected, received, SIDE, TILE));
  return record.verdict;
}

test('a codec may take most of the detail, and add noise of its own', () => {
  expect(worthOf((code) => code)).toBe('helpful');
  expect(worthOf((code) => 0.2 * code)).toBe('helpful');
  expect(worthOf((code) => 0.6 * code + 12 * (random() - 0.5))).toBe('helpful');
});

test('detail that is nothing, or fine noise, is useless and bars nobody', () => {
  expect(worthOf(() => 0)).toBe('useless');
  expect(worthOf(() => 20 * (random() - 0.5))).toBe('useless');
});

test('detail of something else is wrong: of another place, upside down, or as strong as can be', () => {
  expect(worthOf((_, index) => 1.5 * ((edges[(index * 7 + 300) % edges.length] ?? 128) - 128))).toBe('wrong');
  expect(worthOf((code) => -code)).toBe('wrong');
  expect(worthOf(() => 107)).toBe('wrong');
});

test('a picture without detail says nothing of an honest volunteer, but much of one that adds some', () => {
  const flat = codes(() => 0);
  expect(worthOf(() => 1, flat)).toBeNull();
  expect(worthOf(() => 60, flat)).toBe('wrong');
});

const honest = benefitOf(edges, edges, SIDE, TILE);
const opposite = benefitOf(
  edges,
  codes((index) => 128 - (edges[index] ?? 128)),
  SIDE,
  TILE,
);
const letterInSky = benefitOf(
  codes(() => 0),
  codes((index) => (index % SIDE < 6 ? 30 : 0)),
  SIDE,
  TILE,
);

test.each([
  ['a letter in the sky', letterInSky],
  ['the opposite', opposite],
])('a volunteer whose detail has %s in every tenth frame is found out too', (_, cheat) => {
  const record = new BenefitWindow();
  for (let tile = 0; tile < 30; tile++) {
    if (tile >= MIN_JUDGED) expect(record.verdict).toBe('helpful');
    record.add(tile % 10 === 9 ? cheat : honest);
  }
  expect(record.verdict).toBe('wrong');
});

test('two glitches of a codec bar nobody, however often that happens', () => {
  const record = new BenefitWindow();
  for (let tile = 0; tile < 200; tile++) {
    record.add(tile % 50 === 20 || tile % 50 === 21 ? opposite : honest);
    expect(record.verdict).not.toBe('wrong');
  }
});

test('only the part of a tile that its cut edges do not affect counts', () => {
  const inner = { ...span, validFrom: 8, validTo: 24 };
  const received = edges.map((code, index) => (index % SIDE < 8 || index < 8 * SIDE ? 21 : code));
  const { energy, gained } = benefitOf(edges, received, SIDE, { across: inner, down: inner });
  expect(gained).toBe(energy);
});
