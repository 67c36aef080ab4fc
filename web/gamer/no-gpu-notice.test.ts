import { expect, test } from 'vitest';
import type { StreamStats } from './client.ts';
import { whyWithoutGpu } from './no-gpu-notice.tsx';
import { streamStats } from './test-figures.ts';

const SLOW: Partial<StreamStats> = {
  running: 'local',
  shares: [],
  quality: 'bicubic',
  lowered: 'too-slow',
  localBackend: 'wasm',
};

function why(changes: Partial<StreamStats> = {}, { volunteers = 0, isTold = false } = {}): string | null {
  const stats = streamStats({ ...SLOW, ...changes });
  return whyWithoutGpu({
    report: { kind: 'stream', stats, capturedFps: 30, size: null, columns: [[], [], []] },
    chosen: 'quality',
    volunteers: Array.from({ length: volunteers }),
    isTold,
  });
}

test('a processor that is too slow for the chosen quality is named, with the quality that it keeps up with', () => {
  expect(why()).toMatch(/^No GPU here and no volunteer: .*keeps up with/);
  expect(why({ quality: null })).toContain('too slow to sharpen the picture');
});

test('nothing is said where a GPU would not help, or help is there', () => {
  expect(why({ lowered: null, quality: 'quality' })).toBeNull();
  expect(why({ lowered: 'not-available' })).toBeNull();
  expect(why({ localBackend: 'wgsl' })).toBeNull();
  expect(why({ running: 'volunteers' })).toBeNull();
  expect(why({}, { volunteers: 1 })).toBeNull();
});

test('it neither comes while a quality gets ready, nor goes while a better one is tried', () => {
  expect(why({ lowered: 'getting-ready' })).toBeNull();
  expect(why({ lowered: 'getting-ready' }, { isTold: true })).not.toBeNull();
});
