// Protects: a volunteer cannot tell from what it sees, keyframes, when it is not checked.
import { beforeEach, expect, test } from 'vitest';
import { seededRandom } from '../../../shared/seeded-random.ts';
import { GopSampler } from './gop-sampler.ts';

const FPS = 30;
const HOUR_FRAMES = 3_600 * FPS;

let nowMs: number;
let wanted: number;
let sampler: GopSampler;

beforeEach(() => {
  [nowMs, wanted] = [0, 0];
  sampler = new GopSampler({ now: () => nowMs, random: seededRandom(4), requestKeyframe: () => wanted++ });
});

/** Sends an hour of frames, with the keyframes that are asked for, and tells which of them are decoded, by their number since the last keyframe. */
function hour(isUrgent = false): { since: number; isDecoded: boolean }[] {
  let since = 0;
  return Array.from({ length: HOUR_FRAMES }, () => {
    nowMs += 1_000 / FPS;
    const before = wanted;
    const isDecoded = sampler.sent(since === 0, isUrgent);
    const frame = { since, isDecoded };
    since = wanted > before ? 0 : since + 1;
    return frame;
  });
}

const shareOf = (frames: { isDecoded: boolean }[]) =>
  frames.filter(({ isDecoded }) => isDecoded).length / frames.length;

test('the chance that a packet is decoded is the same long after a keyframe as at once', () => {
  const frames = [hour(), hour(), hour(), hour()].flat();
  for (const from of [0, 100, 182, 300]) {
    const share = shareOf(frames.filter(({ since }) => since >= from && since < from + 100));
    expect(Math.abs(share - 1 / 3)).toBeLessThan(0.06);
  }
  expect(Math.abs(shareOf(frames.filter(({ since }) => since > 900)) - 1 / 3)).toBeLessThan(0.1);
});

test('keyframes are asked for twice a minute, whatever is decoded', () => {
  hour();
  expect(wanted).toBeGreaterThan(100);
  expect(wanted).toBeLessThan(140);
});

test('whenever a volunteer begins to cheat, it is checked within two minutes in three cases of four', () => {
  const frames = [hour(), hour(), hour(), hour()].flat();
  const begins = Array.from({ length: 300 }, (_, nth) => nth * 1_300);
  const soon = begins.filter((begin) => frames.slice(begin, begin + 120 * FPS).some(({ isDecoded }) => isDecoded));
  expect(soon.length / begins.length).toBeGreaterThan(0.75);
});

test('where it is urgent, everything is decoded', () => {
  expect(shareOf(hour(true))).toBe(1);
});

test('hurry asks for a keyframe at the next packet, but not where a group of pictures is being decoded', () => {
  sampler.sent(true, true);
  sampler.hurry();
  sampler.sent(false, true);
  expect(wanted).toBe(0);
  sampler.giveUp();
  expect(sampler.sent(false, true)).toBe(false);
  sampler.hurry();
  sampler.sent(false, true);
  expect(wanted).toBe(1);
  expect(sampler.sent(true, true)).toBe(true);
});
