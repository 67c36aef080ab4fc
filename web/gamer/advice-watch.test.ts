import { beforeEach, expect, it } from 'vitest';
import { AdviceWatch, LINGER_MS, SETTLED_MS } from './advice-watch.ts';
import type { Cause, Slowness } from './slowness.ts';

const slow = (cause: Cause, sentence = 'It is slow.'): Slowness => ({ cause, sentence, remedies: ['help'] });

let watch: AdviceWatch;
let nowMs: number;

beforeEach(() => {
  watch = new AdviceWatch();
  nowMs = 1_000;
});

/** What is told after the same has been slow for a time, asked for every half a second as the page does. */
function tell(slowness: Slowness | null, forMs = 0, situation = 'auto 2'): string | null {
  let told: Slowness | null = null;
  for (const endMs = nowMs + forMs; nowMs <= endMs; nowMs += 500) told = watch.update(slowness, situation, nowMs);
  return told?.sentence ?? null;
}

it('what is slow for a moment is not told', () => {
  expect(tell(slow('processor'), SETTLED_MS - 1_000)).toBeNull();
  expect(tell(null)).toBeNull();
  expect(tell(slow('processor'), SETTLED_MS - 1_000)).toBeNull();
  expect(tell(slow('connection'), SETTLED_MS - 1_000)).toBeNull();
});

it('what stays slow is told, with the newest figures, and for a while after it ended', () => {
  expect(tell(slow('processor'), SETTLED_MS)).toBe('It is slow.');
  expect(tell(slow('processor', 'It is very slow.'))).toBe('It is very slow.');
  expect(tell(null, LINGER_MS / 2)).toBe('A moment ago: It is very slow.');
  expect(tell(slow('processor'))).toBe('A moment ago: It is very slow.');
  expect(tell(null, LINGER_MS + 500)).toBeNull();
});

it('what was slow with other settings or helpers is told no more', () => {
  expect(tell(slow('processor'), SETTLED_MS)).not.toBeNull();
  expect(tell(slow('processor'), 0, 'auto 1.5')).toBeNull();
  expect(tell(slow('processor'), SETTLED_MS, 'auto 1.5')).not.toBeNull();
});

it('what the person has dismissed is not told again; anything else is', () => {
  expect(tell(slow('processor'), SETTLED_MS)).not.toBeNull();
  watch.dismiss();
  expect(tell(slow('processor'), 2 * SETTLED_MS)).toBeNull();
  expect(tell(slow('connection'), SETTLED_MS)).not.toBeNull();
});

it('says when it changes by itself: a still image is reported once, so nothing else asks again', () => {
  expect(watch.changesAtMs).toBeNull();
  const startMs = nowMs;
  expect(tell(slow('nobody'))).toBeNull();
  expect(watch.changesAtMs).toBe(startMs + SETTLED_MS);
  nowMs = startMs + SETTLED_MS;
  expect(tell(slow('nobody'))).toBe('It is slow.');
  expect(watch.changesAtMs, 'it is told for as long as it is slow').toBeNull();
  expect(tell(null)).toBe('A moment ago: It is slow.');
  expect(watch.changesAtMs).toBe(startMs + SETTLED_MS + LINGER_MS);
  nowMs = startMs + SETTLED_MS + LINGER_MS;
  expect(tell(null)).toBeNull();
  expect(watch.changesAtMs).toBeNull();
});
