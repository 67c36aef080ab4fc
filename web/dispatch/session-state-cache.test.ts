import { beforeEach, expect, test } from 'vitest';
import { ManualClock } from '../../shared/test-manual-clock.ts';
import { SESSIONS } from './model-sessions.ts';
import { SESSION_STATE_LIMITS, SessionStateCache } from './session-state-cache.ts';

let clock: ManualClock;
let state: SessionStateCache;

beforeEach(() => {
  clock = new ManualClock();
  state = new SessionStateCache(clock);
});

const bytes = (...values: number[]) => Uint8Array.from(values);
const call = (id: number, ...kept: [at: number, output: number][]) => ({
  id,
  kept: kept.map(([at, output]) => ({ at, output })),
});

test('a call gets what was kept in its places, between what was sent', () => {
  state.keep(1, [bytes(10), bytes(11), bytes(12)]);
  expect(state.complete(call(1, [0, 2], [2, 0]), [bytes(1), bytes(2)])).toEqual([
    bytes(12),
    bytes(1),
    bytes(10),
    bytes(2),
  ]);
});

test('what is kept is for one call, and for that of its session', () => {
  state.keep(1, [bytes(10)]);
  expect(state.complete(call(2, [0, 0]), [])).toBeNull();
  expect(state.complete(call(1, [0, 0]), [])).toEqual([bytes(10)]);
  expect(state.complete(call(1, [0, 0]), [])).toBeNull();
  expect([state.sizeBytes, clock.pending]).toEqual([0, 0]);
});

test('a call that brings everything ends what was kept', () => {
  state.keep(1, [bytes(10)]);
  expect(state.complete(call(1), [bytes(1)])).toEqual([bytes(1)]);
  expect(state.sizeBytes).toBe(0);
});

test.each([
  ['an output that there is not', call(1, [0, 1])],
  ['a place twice', call(1, [0, 0], [0, 0])],
  ['a place beyond the end', call(1, [9, 0])],
])('a call that names %s is malformed', (_, wrong) => {
  state.keep(1, [bytes(10)]);
  expect(() => state.complete(wrong, [])).toThrow(expect.objectContaining({ reason: 'malformed' }));
});

test('what is kept is bounded in sessions, bytes and time, and the oldest goes first', () => {
  for (let id = 0; id <= SESSION_STATE_LIMITS.maxSessions; id++) state.keep(id, [bytes(id)]);
  expect(state.sizeBytes).toBe(SESSION_STATE_LIMITS.maxSessions);
  expect(state.complete(call(0, [0, 0]), [])).toBeNull();
  state.keep(20, [new Uint8Array(SESSION_STATE_LIMITS.maxBytes)]);
  expect(state.sizeBytes).toBe(SESSION_STATE_LIMITS.maxBytes);
  expect(state.complete(call(5, [0, 0]), [])).toBeNull();
  clock.advance(SESSIONS.keptMs);
  expect([state.sizeBytes, clock.pending]).toEqual([0, 0]);
});

test('nothing is left when the link has ended', () => {
  state.keep(1, [bytes(10)]);
  state.clear();
  expect([state.sizeBytes, clock.pending]).toEqual([0, 0]);
});
