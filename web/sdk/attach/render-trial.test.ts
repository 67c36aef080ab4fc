import { expect, test } from 'vitest';
import { RenderTrial } from './render-trial.ts';

test('the game is drawn small while the sharpened picture is shown, and while it may still come', () => {
  const trial = new RenderTrial();
  expect(trial.update(0, false, false)).toBe(true);
  expect(trial.update(29_000, false, false)).toBe(true);
  expect(trial.update(29_500, true, false)).toBe(true);
  expect(trial.update(300_000, true, false)).toBe(true);
});

test('without the sharpened picture the full one comes back, and the small one is tried ever more rarely', () => {
  const trial = new RenderTrial();
  const trials: number[] = [];
  let wasSmall = false;
  for (let nowMs = 0; nowMs < 600_000; nowMs += 500) {
    const isSmall = trial.update(nowMs, false, false);
    if (isSmall && !wasSmall) trials.push(nowMs / 1000);
    wasSmall = isSmall;
  }
  expect(trials).toEqual([0, 90, 240, 510]);
});

test('time in which the picture is not even tried is no failure', () => {
  const trial = new RenderTrial();
  expect(trial.update(0, false, true)).toBe(true);
  expect(trial.update(100_000, false, true)).toBe(true);
  expect(trial.update(100_500, false, false)).toBe(true);
});

test('a new volunteer is tried at once', () => {
  const trial = new RenderTrial();
  trial.update(0, false, false);
  expect(trial.update(31_000, false, false)).toBe(false);
  trial.helpChanged();
  expect(trial.update(31_500, false, false)).toBe(true);
});
