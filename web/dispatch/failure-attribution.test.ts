import { beforeEach, expect, test } from 'vitest';
import { MeshError, type MeshErrorReason } from '../../shared/errors.ts';
import { definitionOf } from '../../shared/tasks/catalogue.ts';
import { FailureAttribution, MAX_EXCUSED_IN_A_ROW } from './failure-attribution.ts';

const jobOf = (type: string, params: unknown = {}) => ({
  definition: definitionOf(type),
  packed: { params, attachments: [] },
});
const INFER = jobOf('infer');
const failed = (reason: MeshErrorReason) => new MeshError(reason, 'It did not work.');
const AWAY = failed('connection-failed');

let verdicts: [string, boolean][];
let attribution: FailureAttribution;

beforeEach(() => {
  verdicts = [];
  attribution = new FailureAttribution((...verdict) => verdicts.push(verdict));
});

test('only a task that loads files can fail by the network of somebody else', () => {
  for (const type of ['infer', 'dialogue', 'echo', 'raytracing']) attribution.failed(type, 'failed', jobOf(type), AWAY);
  for (const quality of ['fast', 'spatial']) attribution.failed(quality, 'failed', jobOf('upscale', { quality }), AWAY);
  attribution.failed('with a lost link', 'lost', INFER, AWAY);
  attribution.failed('with a bad input', 'failed', jobOf('echo'), failed('bad-input'));
  expect(verdicts).toEqual(['echo', 'raytracing', 'spatial', 'with a lost link'].map((id) => [id, false]));
});

test('a volunteer that never gets a file is not excused for ever, and one that gives a result is forgiven', () => {
  const fail = (id: string, times: number) => {
    for (let time = 0; time < times; time++) attribution.failed(id, 'failed', INFER, AWAY);
  };
  fail('bad', MAX_EXCUSED_IN_A_ROW);
  fail('another', 1);
  expect(verdicts).toEqual([]);
  fail('bad', 2);
  attribution.succeeded('bad', INFER, true);
  fail('bad', MAX_EXCUSED_IN_A_ROW);
  expect(verdicts).toEqual([false, false, true].map((succeeded) => ['bad', succeeded]));
});

test('a volunteer that finds fault with a task counts as failed once somebody else is proven to have done it, or this machine has', () => {
  const echo = jobOf('echo');
  attribution.failed('wrong', 'failed', echo, failed('bad-input'));
  expect(verdicts).toEqual([]);
  attribution.succeeded('right', echo, true);
  attribution.succeeded('right', echo, true);
  const another = jobOf('echo');
  attribution.failed('wrong', 'failed', another, failed('bad-input'));
  attribution.succeeded(null, another, true);
  expect(verdicts).toEqual([
    ['right', true],
    ['wrong', false],
    ['right', true],
    ['wrong', false],
  ]);
});

test('a result that nobody checked blames nobody who found fault with its task', () => {
  for (const reason of ['bad-input', 'unknown-model'] as const) {
    for (let time = 0; time <= MAX_EXCUSED_IN_A_ROW; time++) {
      const job = jobOf('infer');
      attribution.failed('honest', 'failed', job, failed(reason));
      attribution.succeeded('liar', job, false);
      attribution.failedLate('honest but slow', job, failed(reason));
    }
  }
  expect(verdicts.filter(([id]) => id !== 'liar')).toEqual([]);
});

test('a volunteer that finds fault with a task after its proven result counts as failed, and one that fails otherwise then does not', () => {
  const job = jobOf('echo');
  attribution.succeeded(null, job, true);
  attribution.failedLate('away', job, AWAY);
  attribution.failedLate('small', job, failed('too-large'));
  attribution.failedLate('wrong', job, failed('bad-input'));
  expect(verdicts).toEqual([['wrong', false]]);
});

test('a volunteer may lack the memory or the model for some tasks in a row that others do, but not for all of them', () => {
  for (let time = 0; time < MAX_EXCUSED_IN_A_ROW + 2; time++) {
    const job = jobOf('infer');
    attribution.failed('small', 'failed', job, failed(time % 2 === 0 ? 'too-large' : 'unknown-model'));
    attribution.succeeded(null, job, true);
  }
  expect(verdicts).toEqual([
    ['small', false],
    ['small', false],
  ]);
});
