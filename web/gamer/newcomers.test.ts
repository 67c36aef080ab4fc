import { expect, it } from 'vitest';
import { Newcomers } from './newcomers.ts';

it('a volunteer gets ready until it has helped, and not for ever', () => {
  const newcomers = new Newcomers();
  expect(newcomers.update(['a'], [], 1_000)).toEqual(['a']);
  expect(newcomers.update(['a', 'b'], ['a'], 5_000)).toEqual(['b']);
  expect(newcomers.update(['a', 'b'], [], 6_000), 'one that helped has paused').toEqual(['b']);
  expect(newcomers.changesAtMs, 'a page that gets no news by then asks again').toBe(20_000);
  expect(newcomers.update(['a', 'b'], [], 30_000)).toEqual([]);
  expect(newcomers.changesAtMs).toBeNull();
});

it('one that left and came back gets ready anew', () => {
  const newcomers = new Newcomers();
  newcomers.update(['a'], ['a'], 0);
  newcomers.update([], [], 60_000);
  expect(newcomers.update(['a'], [], 61_000)).toEqual(['a']);
});
