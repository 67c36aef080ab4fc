import { afterEach, beforeEach, expect, test } from 'vitest';
import { concatBytes } from '../../shared/bytes.ts';
import { CHANNELS } from '../../shared/channels.ts';
import { splitTransfer } from '../../shared/chunks.ts';
import { MeshError } from '../../shared/errors.ts';
import type { TaskMessage } from '../../shared/messages.ts';
import type { PackedTask } from '../../shared/tasks/definition.ts';
import type { InferParams, InferResult } from '../../shared/tasks/infer.ts';
import { bytesOf } from '../../shared/tasks/packing.ts';
import { encodeTransfer, withoutAttachments } from '../../shared/wire.ts';
import { deliver, TestPort } from '../net/test-channel.ts';
import type { Timing } from './job.ts';
import { MemoryBudget } from './memory-budget.ts';
import { ModelSessions, SESSIONS, type SessionCall } from './model-sessions.ts';
import { RemoteRunner } from './remote-runner.ts';
import { type Executed, TaskServer } from './task-server.ts';
import { TestBench, ticksPass } from './test-bench.ts';

/** Numbers of a state: 100 kB. */
const STATE_SIZE = 25_000;
const STATE_BYTES = 4 * STATE_SIZE;

interface Volunteer {
  id: string;
  runner: RemoteRunner;
  server: TaskServer;
  memory: MemoryBudget;
  /** Its ends of the channel. */
  near: TestPort;
  far: TestPort;
  ran: number;
  isFailing: boolean;
}

let bench: TestBench;
let sessions: ModelSessions;
let volunteers: Volunteer[];
let broken: MeshError[];
/** How long everything is under way, ms. */
let latencyMs: number;

beforeEach(() => {
  bench = new TestBench();
  latencyMs = 0;
  // Nobody can check here.
  bench.compute = () => Promise.reject(new Error('There is no model here.'));
  sessions = new ModelSessions(bench.clock);
  volunteers = [];
  broken = [];
});

afterEach(() => {
  bench.dispose();
  sessions.dispose();
  for (const { runner, server, memory } of volunteers) {
    runner.dispose();
    server.dispose();
    expect(memory.retainedBytes).toBe(0);
  }
  expect(bench.clock.pending).toBe(0);
});

/** The model: adds x to every number of its state, and tells the first. */
function add({ params, attachments }: PackedTask): Executed {
  const { inputs } = params as InferParams;
  const numbersOf = (name: string) => {
    const bytes = attachments[inputs.findIndex((input) => input.name === name)] ?? new Uint8Array(0);
    return new Float32Array(bytes.slice().buffer);
  };
  const [x = 0] = numbersOf('x');
  const next = numbersOf('state').map((value) => value + x);
  return {
    value: {
      outputs: [
        { name: 'stateN', type: 'float32', dims: [next.length] },
        { name: 'y', type: 'float32', dims: [1] },
      ],
    },
    attachments: [bytesOf(next), bytesOf(next.slice(0, 1))],
    ...{ backend: 'ort-wasm', computeMs: 1 },
  };
}

async function join(id: string): Promise<Volunteer> {
  const [near, far] = [new TestPort(), new TestPort()];
  const { clock } = bench;
  const memory = new MemoryBudget();
  const onBroken = (error: MeshError) => broken.push(error);
  const runner: RemoteRunner = new RemoteRunner({
    ...{ volunteerId: id, port: near, clock, memory: new MemoryBudget(), onBroken },
    onRoom: () => bench.dispatcher.wake(),
  });
  const server = new TaskServer({
    ...{ port: far, clock, memory, onBroken, onDone: () => {}, onWork: () => {} },
    execute: async (_, packed) => {
      volunteer.ran++;
      if (volunteer.isFailing) throw new MeshError('volunteer-failed', 'It does not run.');
      return add(packed);
    },
  });
  const volunteer: Volunteer = { id, runner, server, memory, near, far, ran: 0, isFailing: false };
  volunteers.push(volunteer);
  const backends = { infer: { backend: 'ort-wasm', unitsPerMs: 1e6 } };
  runner.capabilities = { adapter: '', codecs: [], tasks: ['infer'], backends };
  server.share = 4;
  await exchange();
  bench.dispatcher.add(runner);
  return volunteer;
}

function leave({ runner, far }: Volunteer): void {
  bench.dispatcher.remove(runner);
  runner.dispose();
  far.fire('close');
}

/** Delivers everything, until nobody has more to say. */
async function exchange(): Promise<void> {
  for (let count = 1; count > 0; ) {
    count = 0;
    for (const { near, far } of volunteers) {
      await ticksPass();
      if (near.waiting.length > 0) bench.clock.advance(latencyMs);
      count += deliver(near, far);
      await ticksPass();
      if (far.waiting.length > 0) bench.clock.advance(latencyMs);
      count += deliver(far, near);
    }
    await ticksPass();
  }
}

/** A call of the session. Resolves to the answer, who gave it, and the bytes that were sent for it. */
async function call(x: number, state?: Float32Array<ArrayBuffer>) {
  const floats = (data: Float32Array<ArrayBuffer>) => ({ type: 'float32' as const, dims: [data.length], data });
  const inputs = { x: floats(Float32Array.of(x)), ...(state && { state: floats(state) }) };
  const before = volunteers.map(({ server }) => server.stats.bytesIn);
  let begun: SessionCall | null = null;
  const { result } = bench.registry.submit(
    'infer',
    () => {
      begun = sessions.begin({ model: 'voice', session: 'a', inputs });
      return begun.input;
    },
    { where: 'volunteers', session: () => begun?.step },
    (value, { ranOn }) => ({ outputs: begun?.finish((value as InferResult).outputs, ranOn) }),
  );
  result.catch(() => begun?.fail());
  await exchange();
  const { outputs, timing } = (await result) as unknown as { outputs: InferResult['outputs']; timing: Timing };
  const sentBytes = volunteers.reduce((sum, { server }, n) => sum + server.stats.bytesIn - (before[n] ?? 0), 0);
  return { y: outputs.y?.data[0], names: Object.keys(outputs), ranOn: timing.ranOn, sentBytes };
}

const begin = () => call(1, new Float32Array(STATE_SIZE));

test('the state of a session stays at its volunteer, and the next call does not send it', async () => {
  await join('v');
  const first = await begin();
  expect(first).toMatchObject({ y: 1, names: ['y'] });
  expect(first.sentBytes).toBeGreaterThan(STATE_BYTES);
  for (const y of [3, 5]) {
    const next = await call(2);
    expect(next).toMatchObject({ y, names: ['y'] });
    expect(next.sentBytes).toBeLessThan(2_000);
  }
  expect(broken).toEqual([]);
});

test('the next call runs where the state is, since nothing of that must be sent there', async () => {
  const keeper = await join('keeper');
  keeper.runner.rttMs = 5;
  latencyMs = 30;
  await begin();
  const other = await join('other');
  other.runner.rttMs = 10;
  for (const y of [2, 3, 4]) expect(await call(1)).toMatchObject({ y, ranOn: 'keeper' });
  expect(other.ran).toBe(0);
});

test('a volunteer that leaves takes nothing with it: the next call goes on elsewhere, from the state that came back', async () => {
  const first = await join('a');
  await begin();
  await join('b');
  leave(first);
  expect(first.memory.retainedBytes).toBe(0);
  const next = await call(2);
  expect(next).toMatchObject({ y: 3, ranOn: 'b' });
  expect(next.sentBytes).toBeGreaterThan(STATE_BYTES);
  expect(await call(1)).toMatchObject({ y: 4, ranOn: 'b' });
});

test('what a volunteer dropped is sent again, and nobody notices', async () => {
  const { server } = await join('v');
  await begin();
  server.freeSpare();
  const next = await call(2);
  expect(next.y).toBe(3);
  expect(next.sentBytes).toBeGreaterThan(STATE_BYTES);
  expect((await call(1)).sentBytes).toBeLessThan(2_000);
  expect([bench.verdicts.filter(([, succeeded]) => !succeeded), broken]).toEqual([[], []]);
});

test('a call that fails uses the state up there, and the session goes on from what it was', async () => {
  const volunteer = await join('v');
  await begin();
  volunteer.isFailing = true;
  await expect(call(2)).rejects.toMatchObject({ reason: 'volunteer-failed' });
  volunteer.isFailing = false;
  const again = await call(2);
  expect(again.y).toBe(3);
  expect(again.sentBytes).toBeGreaterThan(STATE_BYTES);
});

test('a session that begins anew sends its new state', async () => {
  await join('v');
  await begin();
  expect(await call(1, new Float32Array(STATE_SIZE).fill(9))).toMatchObject({ y: 10 });
});

test('what is kept counts as memory of its gamer, and is gone after a silence', async () => {
  const { memory } = await join('v');
  await begin();
  expect(memory.retainedBytes).toBeGreaterThanOrEqual(STATE_BYTES);
  bench.clock.advance(SESSIONS.keptMs);
  expect(memory.retainedBytes).toBe(0);
});

test('a volunteer that lacks what was sent to it loses its link, and does not get it over and over', async () => {
  const { near } = await join('v');
  const calling = begin().catch(MeshError.from);
  await ticksPass();
  const message: TaskMessage = { kind: 'state-gone', id: 0 };
  const parts = encodeTransfer([withoutAttachments(message)]);
  for (const chunk of splitTransfer(0, [concatBytes(parts)], CHANNELS.tasks.chunkBytes)) near.receive(chunk.buffer);
  expect(broken).toMatchObject([{ reason: 'malformed' }]);
  bench.dispatcher.dispose(MeshError.closed('The test'));
  expect(await calling).toBeInstanceOf(MeshError);
});
