import { expect, test } from 'vitest';
import type { StreamStats } from './client.ts';
import { treatment } from './picture-stage.tsx';
import type { ImageReport } from './renderers.ts';
import { extentOf, hasPicture, reportExtent, sharpeningOf } from './sharpening.ts';
import { streamReport, streamStats } from './test-figures.ts';

const TIMING = {
  ...{ totalMs: 9, queueMs: 1, sendMs: 2, computeMs: 4, receiveMs: 2 },
  ...{ ranOn: 'local', backend: 'wasm', attempts: 1 },
};
const IMAGE: ImageReport = { kind: 'image', timing: TIMING, quality: 'quality', why: '', width: 4, height: 4 };

test('frames that were only enlarged are nobody’s, also where a quality that only enlarges is chosen', () => {
  expect(sharpeningOf(streamStats({ localShare: 0.01 }))).toEqual({ byVolunteers: 0.98, here: 0.01 });
  expect(sharpeningOf(streamStats({ quality: 'bicubic' }))).toEqual({ byVolunteers: 0, here: 0 });
  // A single frame came without its detail.
  expect(sharpeningOf(streamStats({ quality: null })).byVolunteers).toBe(0.98);
});

test('a picture that stands still is judged by itself', () => {
  expect(sharpeningOf(streamStats({ fps: 0 }))).toEqual({ byVolunteers: 1, here: 0 });
  expect(sharpeningOf(streamStats({ fps: 0, running: 'local' }))).toEqual({ byVolunteers: 0, here: 1 });
  expect(sharpeningOf(streamStats({ fps: 0, quality: null }))).toEqual({ byVolunteers: 0, here: 0 });
});

test('single frames without detail do not count, and single frames with it are not most', () => {
  expect([1, 0.95, 0.5, 0.05, 0.001, 0].map(extentOf)).toEqual(['most', 'most', 'some', 'some', 'none', 'none']);
  expect(reportExtent(null)).toBe('none');
  expect(reportExtent(IMAGE)).toBe('most');
  expect(reportExtent({ ...IMAGE, quality: 'bilinear' })).toBe('none');
});

test('the label of the picture says what was done to it', () => {
  const local: Partial<StreamStats> = { running: 'local', shares: [], localShare: 1, quality: 'fast' };
  expect([
    treatment(streamReport()),
    treatment(streamReport({ shares: [{ volunteerId: 'v1', share: 0.4 }] })),
    treatment(streamReport({ shares: [] })),
    treatment(streamReport(local)),
    treatment(streamReport({ ...local, localShare: 0.5 })),
    treatment(streamReport({ ...local, quality: 'bicubic' })),
    treatment(IMAGE),
    treatment({ ...IMAGE, timing: null }),
    treatment({ ...IMAGE, quality: 'bicubic' }),
  ]).toEqual([
    'with detail',
    'with some detail',
    'only enlarged',
    'fast network',
    'partly sharpened',
    'only enlarged',
    'quality network',
    'not sharpened yet',
    'bicubic',
  ]);
});

test('there is something to save once a picture is shown, sharpened or not', () => {
  expect(hasPicture(null)).toBe(false);
  expect(hasPicture(streamReport())).toBe(false);
  expect(hasPicture({ ...streamReport({ shares: [] }), size: { width: 4, height: 4 } })).toBe(true);
  expect(hasPicture({ ...IMAGE, timing: null })).toBe(false);
  expect(hasPicture(IMAGE)).toBe(true);
});
