import { describe, expect, test } from 'vitest';
import { definitionOf } from '../../shared/tasks/catalogue.ts';
import type { Quality } from '../../shared/tasks/upscale.ts';
import { Estimator, ServiceModel } from './estimator.ts';
import type { Job } from './job.ts';

describe('the service model', () => {
  test('starts from the reported speed', () => {
    expect(new ServiceModel(0.5).predictMs(10)).toBe(5);
  });

  test('learns a fixed part and a part proportional to cost', () => {
    const model = new ServiceModel(99);
    for (let nth = 0; nth < 200; nth++) {
      const cost = 100 + ((nth * 37) % 900);
      model.learn(cost, 5 + 0.02 * cost);
    }
    for (const cost of [50, 500, 2_000]) expect(model.predictMs(cost) / (5 + 0.02 * cost)).toBeCloseTo(1, 1);
  });

  test('takes time to be proportional to cost while all costs are equal', () => {
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

  test('never predicts a negative time or a negative fixed part', () => {
    const model = new ServiceModel(1);
    // A line through times that grow faster than the cost crosses zero at a positive cost.
    for (let nth = 0; nth < 50; nth++) model.learn(100 + (nth % 10) * 10, ((nth % 10) + 1) ** 2);
    expect(model.predictMs(0)).toBeGreaterThanOrEqual(0);
    // A time that falls with the cost is noise.
    const odd = new ServiceModel(1);
    for (let nth = 0; nth < 50; nth++) odd.learn(100 + (nth % 10) * 10, 20 - (nth % 10));
    expect(odd.predictMs(10_000)).toBeGreaterThanOrEqual(0);
  });
});

const definition = definitionOf('upscale');

function jobOf(quality: Quality): Job {
  const image = { width: 10, height: 10, data: new Uint8Array(400) };
  const packed = definition.pack({ image, scale: 2, quality });
  return {
    type: 'upscale',
    kind: definition.kindOf(packed.params),
    definition,
    packed,
    where: 'auto',
    priority: 0,
    cost: definition.cost(packed.params),
    bytesOut: 400,
    bytesIn: 1_600,
    submittedMs: 0,
    deadlineMs: 100,
    firstDeadlineMs: 100,
  };
}

function learn(estimator: Estimator, job: Job, computeMs: number) {
  const times = { elapsedMs: computeMs, computeMs, queueMs: 0, backlogMs: 0, transferMs: 0, bytesInFlight: 0 };
  estimator.learn({ job, ...times });
}

test("a network's speed is not derived from that of a filter, which may use another backend", () => {
  const estimator = new Estimator(0, () => 0);
  estimator.announce({ upscale: { unitsPerMs: 100 }, 'upscale:fast': { unitsPerMs: 10_000 } });
  const [spatial, fast, balanced] = [jobOf('spatial'), jobOf('fast'), jobOf('balanced')];
  expect(estimator.computeMs(spatial)).toBeCloseTo(spatial.cost / 100);
  expect(estimator.computeMs(fast)).toBeCloseTo(fast.cost / 10_000);
  // Only the speed of its type is known.
  expect(estimator.computeMs(balanced)).toBeCloseTo(balanced.cost / 100);
  learn(estimator, balanced, 7);
  learn(estimator, spatial, 900);
  expect(estimator.computeMs(balanced)).toBeCloseTo(7);
  expect(estimator.computeMs(fast)).toBeCloseTo(fast.cost / 10_000);
  expect([balanced, fast].map(({ kind }) => estimator.measuredAtMs(kind))).toEqual([0, null]);
});
