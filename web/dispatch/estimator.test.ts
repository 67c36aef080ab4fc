import { expect, test } from 'vitest';
import { definitionOf } from '../../shared/tasks/catalogue.ts';
import type { Quality } from '../../shared/tasks/upscale.ts';
import { Estimator } from './estimator.ts';
import type { Job } from './job.ts';

const definition = definitionOf('upscale');

function jobOf(quality: Quality): Job {
  const image = { width: 10, height: 10, data: new Uint8Array(400) };
  const packed = definition.pack({ image, scale: 2, quality });
  return {
    ...{ type: 'upscale', kind: definition.kindOf(packed.params), definition, packed, where: 'auto', priority: 0 },
    ...{ cost: definition.cost(packed.params), bytesOut: 400, bytesIn: 1_600 },
    ...{ submittedMs: 0, deadlineMs: 100, firstDeadlineMs: 100 },
  };
}

function learn(estimator: Estimator, job: Job, computeMs: number) {
  const times = { elapsedMs: computeMs, computeMs, queueMs: 0, backlogMs: 0, transferMs: 0, bytesInFlight: 0 };
  estimator.learn({ job, ...times });
}

test('a network is not taken to go as fast for its cost as a filter, which may run elsewhere', () => {
  const estimator = new Estimator(0, () => 0);
  estimator.announce({ upscale: { unitsPerMs: 100 }, 'upscale:fast': { unitsPerMs: 10_000 } });
  const [spatial, fast, balanced] = [jobOf('spatial'), jobOf('fast'), jobOf('balanced')];
  expect(estimator.computeMs(spatial)).toBeCloseTo(spatial.cost / 100);
  expect(estimator.computeMs(fast)).toBeCloseTo(fast.cost / 10_000);
  // Nothing better is known of it.
  expect(estimator.computeMs(balanced)).toBeCloseTo(balanced.cost / 100);
  learn(estimator, balanced, 7);
  learn(estimator, spatial, 900);
  expect(estimator.computeMs(balanced)).toBeCloseTo(7);
  expect(estimator.computeMs(fast)).toBeCloseTo(fast.cost / 10_000);
  expect([balanced, fast].map(({ kind }) => estimator.measuredAtMs(kind))).toEqual([0, null]);
});
