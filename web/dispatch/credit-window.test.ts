import { expect, test } from 'vitest';
import { TASK_LIMITS } from '../../shared/protocol-limits.ts';
import { CREDIT, CreditWindow, creditShare } from './credit-window.ts';

/** The window of a gamer that always has more tasks, at a volunteer that takes `serviceMs` for each. */
function serving(rttMs: number, share: number = TASK_LIMITS.maxHeld) {
  let nowMs = 1_000;
  const window = new CreditWindow(() => nowMs);
  window.share = share;
  window.rttMs = rttMs;
  const sizes: number[] = [window.size];
  const work = (tasks: number, serviceMs: number | ((task: number) => number)) => {
    for (let task = 0; task < tasks; task++) {
      window.taskArrived();
      nowMs += typeof serviceMs === 'number' ? serviceMs : serviceMs(task);
      window.taskDone();
      if (window.size !== sizes.at(-1)) sizes.push(window.size);
    }
  };
  return { window, work, sizes, pass: (ms: number) => (nowMs += ms) };
}

test('before anything is measured the window suits a fast volunteer', () => {
  expect(serving(50).window.size).toBe(CREDIT.initial);
});

test('a slow volunteer nearby holds few tasks', () => {
  const { window, work } = serving(10);
  work(20, 40);
  expect(window.size).toBeLessThanOrEqual(4);
  expect(window.size).toBeGreaterThanOrEqual(CREDIT.min);
});

test("a fast volunteer far away takes as many as it may, within each gamer's share", () => {
  for (const [share, size] of [
    [TASK_LIMITS.maxHeld, CREDIT.maxPerGamer],
    [20, 20],
    [1, 1],
  ] as const) {
    const { window, work } = serving(50, share);
    work(20, 0.05);
    expect(window.size).toBe(size);
  }
});

test('it covers the tasks completed during one round trip', () => {
  const { window, work } = serving(40);
  work(60, 4);
  expect(window.size).toBeGreaterThanOrEqual(40 / 4);
  expect(window.size).toBeLessThan(30);
});

test('it follows a change of speed within some tens of tasks, in both directions', () => {
  const { window, work } = serving(50);
  work(30, 0.05);
  expect(window.size).toBe(CREDIT.maxPerGamer);
  work(50, 40);
  expect(window.size).toBeLessThanOrEqual(6);
  work(90, 0.05);
  expect(window.size).toBe(CREDIT.maxPerGamer);
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

test('it does not change for scattered times or a single hiccup', () => {
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

test('it grows even if the network is so slow that each task ends before the next arrives', () => {
  const { window, work, pass } = serving(50);
  work(30, 40);
  for (let task = 0; task < 80; task++) {
    window.idle();
    pass(300);
    work(1, 0.05);
  }
  expect(window.size).toBe(CREDIT.maxPerGamer);
});

test('time without tasks does not count as service time', () => {
  const { window, work, pass } = serving(50);
  work(60, 0.5);
  const before = window.size;
  window.idle();
  pass(60_000);
  work(5, 0.5);
  expect(window.size).toBe(before);
});

test('a pause sets it to 0 at once, and the end of the pause restores it', () => {
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

test('the shares of all gamers together stay within what a volunteer may hold', () => {
  for (const gamers of [0, 1, 2, 8, 64, 300]) {
    expect(creditShare(gamers)).toBeGreaterThanOrEqual(1);
    if (gamers <= TASK_LIMITS.maxHeld) expect(creditShare(gamers) * gamers).toBeLessThanOrEqual(TASK_LIMITS.maxHeld);
  }
});
