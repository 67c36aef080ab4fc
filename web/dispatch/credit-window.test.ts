import { expect, test } from 'vitest';
import { TASK_LIMITS } from '../../shared/protocol-limits.ts';
import { CreditWindow, shareOf } from './credit-window.ts';
import { CREDIT, TASKS } from './tuning.ts';

/** A window at a gamer who always has more to do, and a volunteer that takes `serviceMs` a task. */
function serving(rttMs: number, share: number = TASK_LIMITS.maxHeld) {
  let nowMs = 1_000;
  const window = new CreditWindow(() => nowMs);
  window.share = share;
  window.rttMs = rttMs;
  const sizes: number[] = [window.size];
  const work = (tasks: number, serviceMs: number | ((task: number) => number)) => {
    for (let task = 0; task < tasks; task++) {
      window.taskCame();
      nowMs += typeof serviceMs === 'number' ? serviceMs : serviceMs(task);
      window.taskDone();
      if (window.size !== sizes.at(-1)) sizes.push(window.size);
    }
  };
  return { window, work, sizes, pass: (ms: number) => (nowMs += ms) };
}

test('before anything is measured it is enough for a fast volunteer', () => {
  expect(serving(50).window.size).toBe(CREDIT.first);
});

test('a slow volunteer close by hoards nothing', () => {
  const { window, work } = serving(10);
  work(20, 40);
  expect(window.size).toBeLessThanOrEqual(4);
  expect(window.size).toBeGreaterThanOrEqual(CREDIT.atLeast);
});

test('a fast volunteer far away gets all it may have, and a share of it where there are many', () => {
  for (const [share, size] of [
    [TASK_LIMITS.maxHeld, TASKS.creditsPerGamer],
    [20, 20],
    [1, 1],
  ] as const) {
    const { window, work } = serving(50, share);
    work(20, 0.05);
    expect(window.size).toBe(size);
  }
});

test('it covers the round trip: no fewer than are done meanwhile', () => {
  const { window, work } = serving(40);
  work(60, 4);
  expect(window.size).toBeGreaterThanOrEqual(40 / 4);
  expect(window.size).toBeLessThan(30);
});

test('it follows a change of speed within some tens of tasks, either way', () => {
  const { window, work } = serving(50);
  work(30, 0.05);
  expect(window.size).toBe(TASKS.creditsPerGamer);
  work(50, 40);
  expect(window.size).toBeLessThanOrEqual(6);
  work(90, 0.05);
  expect(window.size).toBe(TASKS.creditsPerGamer);
});

test('it follows the round trip', () => {
  const { window, work } = serving(5);
  work(30, 2);
  const near = window.size;
  window.rttMs = 100;
  expect(window.size).toBeGreaterThan(2 * near);
  window.rttMs = 5;
  expect(window.size).toBeLessThanOrEqual(near * 1.25);
});

test('it is told anew only when it changed by much: not for times that scatter, nor for one hiccup', () => {
  const { work, sizes } = serving(20);
  work(40, 5);
  const told = sizes.length;
  work(400, (task) => 5 + 2 * Math.sin(task));
  work(1, 300);
  work(40, 5);
  expect(sizes.length - told).toBeLessThanOrEqual(4);
  expect(Math.min(...sizes)).toBeGreaterThanOrEqual(4);
  for (const [at, size] of sizes.slice(1).entries()) {
    expect(Math.abs(size - (sizes[at] ?? 0))).toBeGreaterThanOrEqual((sizes[at] ?? 0) * CREDIT.hysteresis - 1);
  }
});

test('it grows as well where the network is so slow that a task is done before the next one comes', () => {
  const { window, work, pass } = serving(50);
  work(30, 40);
  for (let task = 0; task < 80; task++) {
    window.idle();
    pass(300);
    work(1, 0.05);
  }
  expect(window.size).toBe(TASKS.creditsPerGamer);
});

test('time without work says nothing of the speed', () => {
  const { window, work, pass } = serving(50);
  work(60, 0.5);
  const before = window.size;
  window.idle();
  pass(60_000);
  work(5, 0.5);
  expect(window.size).toBe(before);
});

test('a pause takes all of it at once, and its end brings it back', () => {
  const { window, work } = serving(10);
  work(20, 40);
  const before = window.size;
  window.share = 0;
  expect(window.size).toBe(0);
  window.rttMs = 500;
  expect(window.size).toBe(0);
  window.rttMs = 10;
  window.share = TASK_LIMITS.maxHeld;
  expect(window.size).toBe(before);
});

test('the shares of many gamers stay within what a volunteer may hold', () => {
  for (const gamers of [0, 1, 2, 8, 64, 300]) {
    expect(shareOf(gamers)).toBeGreaterThanOrEqual(1);
    if (gamers <= TASK_LIMITS.maxHeld) expect(shareOf(gamers) * gamers).toBeLessThanOrEqual(TASK_LIMITS.maxHeld);
  }
});
