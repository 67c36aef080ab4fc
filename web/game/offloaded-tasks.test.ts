import { beforeEach, expect, it } from 'vitest';
import { ManualClock } from '../../shared/test-manual-clock.ts';
import type { PartInput, PartRequest, PartResult } from './messages.ts';
import { GIVE_UP_MS, OffloadedTask, UNANSWERED_PAUSE_MS } from './offloaded-tasks.ts';

const INPUT: PartInput<'ships'> = { model: 'steering', inputs: {} };
const RESULT: PartResult<'ships'> = { outputs: {}, checked: true };
let clock: ManualClock;
let sent: PartRequest[];
let task: OffloadedTask<'ships'>;
let results: number;

beforeEach(() => {
  clock = new ManualClock();
  sent = [];
  results = 0;
  task = new OffloadedTask('ships', clock, (request) => sent.push(request));
});

const request = () => task.request(INPUT, () => results++);
const respond = (id: number, result: PartResult<'ships'> | null) => task.receive({ part: 'ships', id, result });

it('has one request pending at a time', () => {
  request();
  request();
  expect(sent.map(({ id }) => id)).toEqual([1]);
  respond(1, RESULT);
  request();
  expect([results, sent.length]).toEqual([1, 2]);
});

it('waits a moment after a request that nobody answered', () => {
  request();
  respond(1, null);
  request();
  expect([results, sent.length]).toEqual([0, 1]);
  clock.advance(UNANSWERED_PAUSE_MS);
  request();
  expect(sent).toHaveLength(2);
});

it('gives up on a request after a while and ignores its late response', () => {
  request();
  clock.advance(GIVE_UP_MS + UNANSWERED_PAUSE_MS);
  request();
  respond(1, RESULT);
  expect([results, sent.length]).toEqual([0, 2]);
  respond(2, RESULT);
  expect(results).toBe(1);
});

it('ignores responses once it is disposed', () => {
  request();
  task.dispose();
  respond(1, RESULT);
  clock.advance(GIVE_UP_MS);
  expect(results).toBe(0);
});
