import { expect, test } from 'vitest';
import { withholdsFrames } from './withheld-frames.ts';

/** Times are ms of a timer that runs as fast as it can. */
const WAIT_MS = 4;
const after = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** A codec whose results take so long by themselves, and after a flush; null: never. */
function codec(ownMs: (number | null)[], flushedMs: number | null) {
  let give = () => {};
  return {
    give: () =>
      new Promise<void>((resolve) => {
        give = resolve;
        const ms = ownMs.shift() ?? null;
        if (ms !== null) setTimeout(resolve, ms);
      }),
    async flush() {
      if (flushedMs === null) return;
      await after(flushedMs);
      give();
    },
  };
}

test('a codec that gives each frame out by itself is live', async () => {
  expect(await withholdsFrames(codec([0], null), WAIT_MS, after)).toBe(false);
});

test('a codec from which frames come only by a flush withholds them', async () => {
  expect(await withholdsFrames(codec([null, null, null], 0), WAIT_MS, after)).toBe(true);
});

test('a slow start is no proof: a later frame comes by itself', async () => {
  expect(await withholdsFrames(codec([null, null, 0], 0), WAIT_MS, after)).toBe(false);
});

test('a codec that a flush does not hurry is slow, and does not withhold', async () => {
  expect(await withholdsFrames(codec([null, null], 10 * WAIT_MS), WAIT_MS, after)).toBe(false);
});

test('a codec that fails rejects', async () => {
  const failing = { give: () => Promise.reject(new Error('broken')), flush: async () => {} };
  await expect(withholdsFrames(failing, WAIT_MS, after)).rejects.toThrow('broken');
});
