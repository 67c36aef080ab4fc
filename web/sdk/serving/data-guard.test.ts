import { expect, test } from 'vitest';
import { ManualClock } from '../../../shared/test-manual-clock.ts';
import { DataGuard } from './data-guard.ts';

const KB = 1_000;

function guard() {
  const clock = new ManualClock();
  const ended: [string, boolean][] = [];
  const it = new DataGuard({
    now: () => clock.now(),
    onExcess: (peerId, isRepeated) => ended.push([peerId, isRepeated]),
  });
  return { it, clock, ended };
}

test('a gamer that goes on when the day’s data is used up loses its connection, and the next time its link', () => {
  const { it, clock, ended } = guard();
  it.moved('a', 50_000 * KB);
  it.isHeld = true;
  clock.advance(1_000);
  const send = () => {
    for (let i = 0; i < 3; i++) it.moved('a', 100 * KB);
  };
  send();
  expect(ended).toEqual([['a', false]]);
  clock.advance(60_000);
  send();
  expect(ended).toEqual([
    ['a', false],
    ['a', true],
  ]);
});

test('what was on its way when the data was used up ends no link, nor do the pings of a whole day', () => {
  const { it, clock, ended } = guard();
  it.isHeld = true;
  clock.advance(500);
  it.moved('a', 5_000 * KB);
  for (let halfSeconds = 0; halfSeconds < 2 * 24 * 3_600; halfSeconds++) {
    clock.advance(500);
    it.moved('a', 100);
  }
  expect(ended).toEqual([]);
});

test('while there is data nothing is ended, and another day begins anew', () => {
  const { it, clock, ended } = guard();
  it.isHeld = true;
  clock.advance(1_000);
  it.moved('a', 300 * KB);
  it.isHeld = false;
  it.moved('a', 50_000 * KB);
  it.isHeld = true;
  clock.advance(1_000);
  it.moved('a', 200 * KB);
  it.moved('b', 300 * KB);
  expect(ended).toEqual([
    ['a', false],
    ['b', false],
  ]);
});
