import { expect, test } from 'vitest';
import type { StreamQuality } from '../sdk/types.ts';
import type { StreamStats } from './client.ts';
import { LINGER_MS, type Told, whyWithoutGpu } from './no-gpu-notice.tsx';
import { streamReport } from './test-figures.ts';

const SLOW: Partial<StreamStats> = {
  running: 'local',
  shares: [],
  quality: 'bicubic',
  lowered: 'too-slow',
  localBackend: 'wasm',
};

interface Rest {
  volunteers?: number;
  before?: Told | null;
  nowMs?: number;
  chosen?: StreamQuality;
}

function told(
  changes: Partial<StreamStats> = {},
  { volunteers = 0, before = null, nowMs = 0, chosen = 'quality' }: Rest = {},
) {
  const situation = {
    report: streamReport({ ...SLOW, ...changes }),
    chosen,
    volunteers: Array.from({ length: volunteers }),
  } satisfies Parameters<typeof whyWithoutGpu>[0];
  return whyWithoutGpu(situation, before, nowMs);
}

test('a processor that is too slow for the chosen quality is named, with the quality that it keeps up with', () => {
  expect(told()?.why).toMatch(/^No GPU here and no volunteer: .*keeps up with/);
  expect(told({ quality: null })?.why).toContain('too slow to sharpen the picture');
});

test('nothing is said where a GPU would not help, or help is there', () => {
  expect(told({ lowered: null, quality: 'quality' })).toBeNull();
  expect(told({ lowered: 'getting-ready' })).toBeNull();
  expect(told({ lowered: 'not-available' })).toBeNull();
  expect(told({ localBackend: 'wgsl' })).toBeNull();
  expect(told({ running: 'volunteers' })).toBeNull();
  expect(told({}, { volunteers: 1 })).toBeNull();
});

test('the notice stays while a better quality is tried, and goes at once when help comes', () => {
  const before = told();
  for (const lowered of ['getting-ready', null] as const) {
    expect(told({ lowered }, { before, nowMs: LINGER_MS - 1 })).toMatchObject({ atMs: 0 });
    expect(told({ lowered }, { before, nowMs: LINGER_MS })).toBeNull();
  }
  expect(told({}, { before, volunteers: 1 })).toBeNull();
});

test('what stays contradicts neither the picture nor the choice', () => {
  const regained = { lowered: null, quality: 'quality' } as const;
  const stays = told(regained, { before: told(), nowMs: 1_000 });
  expect(stays?.why).toMatch(/a moment ago, .* did not keep up with quality network\.$/);
  expect(told(regained, { before: stays, nowMs: 2_000 })).toEqual(stays);
  expect(told({ lowered: null }, { before: told({ quality: null }), nowMs: 1_000 })?.why).toContain('was too slow');
  expect(told({ lowered: null }, { before: told(), nowMs: 1_000, chosen: 'fast' })).toBeNull();
});

test('where no quality was chosen, only a picture that is not sharpened is worth a notice', () => {
  expect(told({}, { chosen: 'auto' })).toBeNull();
  expect(told({ lowered: null }, { chosen: 'auto' })).toBeNull();
  expect(told({ quality: null }, { chosen: 'auto' })?.why).toContain('too slow to sharpen the picture');
});
