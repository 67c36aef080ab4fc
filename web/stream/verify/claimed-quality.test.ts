// Protects: what a volunteer says of its detail never decides what that is compared with below the base, or beyond what it was asked for.
import { expect, test } from 'vitest';
import { FILTERS } from '../../../shared/tasks/upscale.ts';
import { MAX_FRAMES_IN_FLIGHT } from '../transport/in-flight-window.ts';
import { ClaimedQuality, NOTICE_FRAMES } from './claimed-quality.ts';

test.each(['bilinear', 'bicubic'] as const)(
  'detail of %s is false: the base itself has none, and less takes some away',
  (quality) => {
    expect(new ClaimedQuality('bicubic', 'quality').judge(quality)).toBe('dishonest');
  },
);

test('whatever is better than the base and was asked for is right, in any order', () => {
  const claimed = new ClaimedQuality('bicubic', 'balanced');
  for (const quality of ['spatial', 'balanced', 'fast', 'spatial'] as const) {
    expect(claimed.judge(quality)).toBe('accepted');
  }
});

test('more than was asked for is not shown, and false once no frame in flight explains it', () => {
  const claimed = new ClaimedQuality('bicubic', 'fast');
  for (let frame = 0; frame < MAX_FRAMES_IN_FLIGHT; frame++) expect(claimed.judge('quality')).toBe('not-requested');
  expect(claimed.judge('quality')).toBe('dishonest');
});

test('a better quality is right from when it was asked for, and stays so when a lesser one is asked for after it', () => {
  const claimed = new ClaimedQuality('bicubic', 'spatial');
  expect(claimed.judge('fast')).toBe('not-requested');
  claimed.allow('fast');
  expect(claimed.judge('fast')).toBe('accepted');
  claimed.allow('spatial');
  expect(claimed.judge('fast')).toBe('accepted');
  expect(claimed.judge('balanced')).toBe('not-requested');
});

test('what this machine turns out not to be able to check is shown no more, and false once the volunteer must know', () => {
  const claimed = new ClaimedQuality('bicubic', 'ultra');
  claimed.limit('quality');
  for (let frame = 0; frame < NOTICE_FRAMES + MAX_FRAMES_IN_FLIGHT; frame++) {
    expect(claimed.judge('ultra')).toBe('not-requested');
  }
  expect(claimed.judge('quality')).toBe('accepted');
  expect(claimed.judge('ultra')).toBe('dishonest');
});

test('no filter but spatial is above the base', () => {
  const right = FILTERS.filter((filter) => new ClaimedQuality('bicubic', 'quality').judge(filter) === 'accepted');
  expect(right).toEqual(['spatial']);
});
