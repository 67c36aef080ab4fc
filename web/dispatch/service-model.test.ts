import { expect, test } from 'vitest';
import { ServiceModel } from './service-model.ts';

test('starts from what was announced', () => {
  expect(new ServiceModel(0.5).predictMs(10)).toBe(5);
});

test('learns a fixed part and a part by cost from tasks of different costs', () => {
  const model = new ServiceModel(99);
  for (let nth = 0; nth < 200; nth++) {
    const cost = 100 + ((nth * 37) % 900);
    model.learn(cost, 5 + 0.02 * cost);
  }
  for (const cost of [50, 500, 2_000]) expect(model.predictMs(cost) / (5 + 0.02 * cost)).toBeCloseTo(1, 1);
});

test('takes time to be proportional to cost while all costs are alike', () => {
  const model = new ServiceModel(99);
  for (let nth = 0; nth < 50; nth++) model.learn(100, 10);
  expect(model.predictMs(100)).toBeCloseTo(10);
  expect(model.predictMs(300)).toBeCloseTo(30);
});

test('follows a machine that became slower', () => {
  const model = new ServiceModel(99);
  for (let nth = 0; nth < 50; nth++) model.learn(100, 10);
  for (let nth = 0; nth < 15; nth++) model.learn(100, 40);
  expect(model.predictMs(100)).toBeGreaterThan(38);
});

test('never predicts less than no time, nor a fixed part below none', () => {
  const model = new ServiceModel(1);
  // Time that grows faster than the cost would cross zero above a cost of zero.
  for (let nth = 0; nth < 50; nth++) model.learn(100 + (nth % 10) * 10, ((nth % 10) + 1) ** 2);
  expect(model.predictMs(0)).toBeGreaterThanOrEqual(0);
  // And time that falls with cost is noise.
  const odd = new ServiceModel(1);
  for (let nth = 0; nth < 50; nth++) odd.learn(100 + (nth % 10) * 10, 20 - (nth % 10));
  expect(odd.predictMs(10_000)).toBeGreaterThanOrEqual(0);
});
