import { expect, test } from 'vitest';
import { MeshError } from '../../shared/errors.ts';
import { definitionOf } from '../../shared/tasks/catalogue.ts';
import type { PackedResult, Verification } from '../../shared/tasks/definition.ts';
import { SLICE_MS } from '../compute/schedule.ts';
import { type CheckedJob, Verifier } from './verifier.ts';

const packed = { params: {}, attachments: [] };
const nothing: PackedResult = { value: null, attachments: [] };

/** A job whose results are looked at so. */
function jobWith(verify: () => Verification): CheckedJob {
  return { type: 'echo', packed, definition: { ...definitionOf('echo'), verify } };
}

function verifierWith(compute: () => Promise<PackedResult>, asked: string[] = []) {
  const clock = { nowMs: 0, rests: 0 };
  const verifier = new Verifier<CheckedJob>({
    now: () => clock.nowMs,
    random: () => 0,
    rest: async () => {
      clock.rests++;
    },
    compute,
    replicate: async (_job, _task, notOn) => {
      asked.push(notOn);
      return nothing;
    },
  });
  return { verifier, clock };
}

test('what a check stumbles over is not delivered', async () => {
  const { verifier } = verifierWith(async () => nothing);
  const stumbling = jobWith(function* () {
    yield;
    throw new RangeError('an index that a result made');
  });
  expect(await verifier.check(stumbling, {}, 'v')).toMatchObject({ kind: 'wrong', error: { reason: 'verify-failed' } });
});

test('what this machine cannot compute counts neither for nor against', async () => {
  const { verifier } = verifierWith(async () => {
    throw new MeshError('connection-failed', 'The network could not be loaded.');
  });
  const asking = jobWith(function* () {
    yield { task: packed, by: 'us' };
  });
  expect(await verifier.check(asking, {}, 'v')).toEqual({ kind: 'unchecked' });
});

test('whose result it is does not replicate it', async () => {
  const asked: string[] = [];
  const { verifier } = verifierWith(async () => nothing, asked);
  const replicating = jobWith(function* () {
    expect(yield { task: packed, by: 'another' }).toBe(nothing);
  });
  expect(await verifier.check(replicating, {}, 'v')).toEqual({ kind: 'right' });
  expect(asked).toEqual(['v']);
});

test('a long check rests between its slices, and its time is counted', async () => {
  const { verifier, clock } = verifierWith(async () => nothing);
  const long = jobWith(function* () {
    for (let n = 0; n < 10; n++) {
      clock.nowMs += SLICE_MS / 2;
      yield;
    }
  });
  await verifier.check(long, {}, 'v');
  expect(clock.rests).toBe(5);
  expect(verifier.counts).toEqual({ checked: 1, checkedMs: 5 * SLICE_MS });
});
