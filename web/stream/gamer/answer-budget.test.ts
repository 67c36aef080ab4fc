// Protects: a volunteer cannot keep the player's decoder and downlink busy with answers to nothing, and an honest one is never ended for a late answer.
import { beforeEach, expect, test } from 'vitest';
import { AnswerBudget } from './answer-budget.ts';
import { TEST_SETUP } from './test-setup.ts';

const SETUP = { ...TEST_SETUP, streamId: 1, outWidth: 1_280, outHeight: 720, downlinkKbps: 500 };
const hostile = expect.objectContaining({
  reason: 'verify-failed',
  message: expect.stringContaining('Vera sent back a frame'),
});
const excessive = expect.objectContaining({ reason: 'too-large', message: expect.stringContaining('bitrateKbps') });
/** Of 30 frames/s at 1,000 kb/s. */
const INTERVAL_MS = 33;

let budget: AnswerBudget;

beforeEach(() => {
  budget = new AnswerBudget(SETUP, 'Vera', 0);
});

test('each sent frame is answered once', () => {
  budget.sent(7);
  budget.answered(7, 1_000, 0);
  expect(() => budget.answered(7, 1_000, 0)).toThrow(hostile);
  expect(() => budget.answered(8, 1_000, 0)).toThrow(hostile);
});

test('a frame that was sent to measure and again to be shown is answered twice', () => {
  budget.sent(7);
  budget.sent(7);
  budget.answered(7, 1_000, 0);
  budget.answered(7, 1_000, 0);
  expect(() => budget.answered(7, 1_000, 0)).toThrow(hostile);
});

test('an answer may come late and out of order, as long as the volunteer is not given up', () => {
  for (let frameId = 0; frameId < 1_200; frameId++) budget.sent(frameId);
  for (const frameId of [1_199, 0, 600]) budget.answered(frameId, 1_000, 5_000);
});

test('frames that are never answered are forgotten', () => {
  for (let frameId = 0; frameId < 10_000; frameId++) budget.sent(frameId);
  expect(() => budget.answered(0, 1_000, 0)).toThrow(hostile);
});

/** Time until answers of this size end the link, ms; null if that takes more than a minute. */
function endsAfterMs(sizeBytes: (frameId: number) => number): number | null {
  for (let frameId = 0; frameId * INTERVAL_MS < 60_000; frameId++) {
    budget.sent(frameId);
    try {
      budget.answered(frameId, sizeBytes(frameId), frameId * INTERVAL_MS);
    } catch (cause) {
      expect(cause).toEqual(excessive);
      return frameId * INTERVAL_MS;
    }
  }
  return null;
}

test.each<[string, (frameId: number) => number]>([
  ['four times the rate', () => (4 * SETUP.downlinkKbps * INTERVAL_MS) / 8],
  ['what the browser’s H.264 takes whatever it is told, 5.4 Mb/s', () => (5_400 * INTERVAL_MS) / 8],
  ['a keyframe of 200 kB each second', (frameId) => (frameId % 30 === 0 ? 200_000 : 4_000)],
])('an encoder that overshoots is put up with: %s', (_, sizeBytes) => {
  expect(endsAfterMs(sizeBytes)).toBe(null);
});

test('the largest packet that a decoder takes, in every answer, ends the link within a second', () => {
  expect(endsAfterMs(() => 1_280 * 720 * 3)).toBeLessThan(1_000);
});

test('20 Mb/s, forty times the agreed rate, ends the link within a few seconds', () => {
  expect(endsAfterMs(() => (20_000 * INTERVAL_MS) / 8)).toBeLessThan(5_000);
});
