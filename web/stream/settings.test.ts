import { expect, test } from 'vitest';
import { QUALITIES } from '../../shared/tasks/upscale.ts';
import { bestOf, checkStreamChanges, toStreamSettings } from './settings.ts';

test('omitted options get their defaults', () => {
  expect(toStreamSettings({}, 'local')).toEqual({
    scale: 2,
    quality: 'auto',
    maxFps: 60,
    where: 'local',
    bitrateKbps: 6_000,
  });
});

test('changes contain only the options given', () => {
  expect(checkStreamChanges({ maxFps: 30 })).toEqual({ maxFps: 30 });
  expect(checkStreamChanges({ quality: 'auto' })).toEqual({ quality: 'auto' });
});

test('where no quality was chosen, the best one may be used', () => {
  expect([bestOf('auto'), bestOf('spatial')]).toEqual([QUALITIES.at(-1), 'spatial']);
});

test.each([
  [{ scale: 0.99 }, 'bad-input'],
  [{ scale: 4.1 }, 'bad-input'],
  [{ bitrateKbps: 1 }, 'bad-input'],
  [{ maxFps: Number.POSITIVE_INFINITY }, 'bad-input'],
  [{ quality: 'best' as 'fast' }, 'bad-input'],
])('%o is rejected as %s', (options, reason) => {
  expect(() => toStreamSettings(options, 'auto')).toThrow(expect.objectContaining({ reason }));
});
