import { beforeEach, expect, test } from 'vitest';
import type { InferInput } from '../../shared/tasks/infer.ts';
import { ManualClock } from '../../shared/test-manual-clock.ts';
import { ModelSessions, SESSIONS, type SessionCall, stateInputOf } from './model-sessions.ts';

const floats = (...values: number[]) => ({
  type: 'float32' as const,
  dims: [values.length],
  data: Float32Array.from(values),
});

let clock: ManualClock;
let sessions: ModelSessions;

beforeEach(() => {
  clock = new ManualClock();
  sessions = new ModelSessions(clock);
});

function begin(name: string, inputs: InferInput['inputs'], model = 'voice', state?: InferInput['state']) {
  return sessions.begin({ model, session: name, inputs, ...(state && { state }) });
}

test('the state that a call gives is an input of the next one, and no output of either', () => {
  const first = begin('a', { x: floats(1), state: floats(0) });
  expect(first.input).toEqual({ model: 'voice', inputs: { x: floats(1), state: floats(0) } });
  expect(first.finish({ y: floats(5), stateN: floats(7) }, 'v')).toEqual({ y: floats(5) });
  const second = begin('a', { x: floats(2) });
  expect(second.input.inputs).toEqual({ x: floats(2), state: floats(7) });
  second.finish({ y: floats(6), stateN: floats(8) }, 'v');
  expect(begin('a', { x: floats(3) }).input.inputs).toEqual({ x: floats(3), state: floats(8) });
});

test('a call says whose outputs it goes on from, but for what it is given anew', () => {
  const first = begin('a', { x: floats(1), h: floats(0), c: floats(0) });
  expect(first.step.from).toBeNull();
  first.finish({ y: floats(5), hn: floats(7), cn: floats(8) }, 'v');
  const second = begin('a', { x: floats(2) });
  const outputs = new Map([
    ['h', 'hn'],
    ['c', 'cn'],
  ]);
  expect(second.step).toMatchObject({ key: first.step.key, from: { call: first.step.call, ranOn: 'v', outputs } });
  second.fail();
  expect(begin('a', { h: floats(0) }).step.from?.outputs).toEqual(new Map([['c', 'cn']]));
  expect(begin('b', { h: floats(0) }).step).toMatchObject({ from: null });
});

test('a session begins anew with the state that it is given, and others know nothing of it', () => {
  begin('a', { state: floats(0) }).finish({ y: floats(1), stateN: floats(7) }, 'v');
  expect(begin('a', { state: floats(1) }).input.inputs).toEqual({ state: floats(1) });
  expect(begin('b', {}).input.inputs).toEqual({});
  expect(begin('a', {}, 'another').input.inputs).toEqual({});
});

test('a call that fails leaves the session as it was, and it can be made again', () => {
  begin('a', { state: floats(0) }).finish({ stateN: floats(7) }, 'v');
  begin('a', {}).fail();
  expect(begin('a', {}).input.inputs).toEqual({ state: floats(7) });
});

test('a call is refused while the one before is under way, and under a name that is none', () => {
  begin('a', {});
  expect(() => begin('a', {})).toThrow(expect.objectContaining({ reason: 'bad-input' }));
  expect(() => begin('', {})).toThrow(expect.objectContaining({ reason: 'bad-input' }));
  expect(() => begin('a'.repeat(SESSIONS.maxNameChars + 1), {})).toThrow(/characters/);
});

test('names that follow no convention can be given; without any state the call says so', () => {
  const call = begin('a', { memory: floats(0) }, 'own', { result: 'memory' });
  call.finish({ result: floats(3), y: floats(1) }, 'v');
  expect(begin('a', {}, 'own').input.inputs).toEqual({ memory: floats(3) });
  expect(() => begin('b', { x: floats(0) }).finish({ y: floats(1) }, 'v')).toThrow(/Name those that do with `state`/);
});

test('sessions end after a silence, and are bounded in number and in bytes', () => {
  begin('a', { state: floats(0) }).finish({ stateN: floats(7) }, 'v');
  clock.advance(SESSIONS.keptMs + 1);
  expect(begin('a', {}).input.inputs).toEqual({});

  for (let n = 0; n <= SESSIONS.max; n++) begin(`${n}`, { state: floats(0) }).finish({ stateN: floats(n) }, 'v');
  expect(begin('0', {}).input.inputs).toEqual({});
  expect(begin(`${SESSIONS.max}`, {}).input.inputs).toEqual({ state: floats(SESSIONS.max) });

  const large = () => ({ type: 'uint8', dims: [SESSIONS.maxBytes], data: new Uint8Array(SESSIONS.maxBytes) });
  const [one, another] = [begin('one', { state: floats(0) }), begin('another', { state: floats(0) })];
  one.finish({ stateN: large() }, 'v');
  another.finish({ stateN: floats(1) }, 'v');
  expect(begin('one', {}).input.inputs).toEqual({});
});

test('where all sessions are computing another is refused, and what one has computed is kept beside them', () => {
  const [one, ...others] = Array.from({ length: SESSIONS.max }, (_, n) => begin(`${n}`, { state: floats(0) }));
  expect(() => begin('new', {})).toThrow(expect.objectContaining({ reason: 'queue-full' }));
  for (const call of others.slice(1)) call.finish({ stateN: floats(1) }, 'v');
  for (let n = 2; n < SESSIONS.max; n++) begin(`${n}`, {});
  const large = { type: 'uint8' as const, dims: [SESSIONS.maxBytes + 1], data: new Uint8Array(SESSIONS.maxBytes + 1) };
  one?.finish({ stateN: large }, 'v');
  expect(begin('0', {}).input.inputs.state === large).toBe(true);
});

test.each<[string, (call: SessionCall) => void]>([
  ['finishes', (call) => call.finish({ stateN: floats(7) }, 'v')],
  ['fails', (call) => call.fail()],
])('a call that %s after the sessions ended leaves no timer behind', (_, end) => {
  const call = begin('a', { state: floats(0) });
  begin('b', { state: floats(0) }).finish({ stateN: floats(7) }, 'v');
  sessions.dispose();
  end(call);
  expect(clock.pending).toBe(0);
});

test.each([
  ['stateN', ['input', 'state', 'sr'], 'state'],
  ['hn', ['h', 'c'], 'h'],
  ['present.0.key', ['input_ids', 'past_key_values.0.key'], 'past_key_values.0.key'],
  ['present_3_value', ['past_3_value'], 'past_3_value'],
  ['out_cache', ['in_cache'], 'in_cache'],
  ['hidden_out', ['hidden_in'], 'hidden_in'],
  ['new_state', ['state'], 'state'],
  ['output', ['input'], undefined],
])('the output %s goes on from one of %j', (output, inputs, wanted) => {
  expect(stateInputOf(output, inputs)).toBe(wanted);
});
