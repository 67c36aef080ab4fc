import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { concatBytes } from '../../shared/bytes.ts';
import { CHANNELS } from '../../shared/channels.ts';
import { splitTransfer } from '../../shared/chunks.ts';
import type { MeshError } from '../../shared/errors.ts';
import type { TaskMessage } from '../../shared/messages.ts';
import { taskMessageSchema } from '../../shared/messages.ts';
import { ManualClock } from '../../shared/test-manual-clock.ts';
import { decodeTransfer, encodeTransfer, withoutAttachments } from '../../shared/wire.ts';
import { TestPort } from '../net/test-channel.ts';
import { MEMORY, MemoryBudget, type MemoryUser } from './memory-budget.ts';
import { TaskServer } from './task-server.ts';
import { ticksPass } from './test-bench.ts';

const MIB = 1024 * 1024;
const { chunkBytes } = CHANNELS.tasks;

/** A volunteer whose gamer's chunks the test writes by hand, and whose tasks never end. */
let clock: ManualClock;
let memory: MemoryBudget;
let port: TestPort;
let server: TaskServer;
let broken: MeshError[];
let running: number;
let finish: (() => void)[];

beforeEach(() => {
  clock = new ManualClock();
  memory = new MemoryBudget();
  port = new TestPort();
  broken = [];
  running = 0;
  finish = [];
  server = new TaskServer({
    ...{ port, clock, memory },
    execute: (_type, _packed, signal) => {
      running++;
      return new Promise((resolve, reject) => {
        finish.push(() =>
          resolve({ value: null, attachments: [new Uint8Array(60 * MIB)], backend: 'js', computeMs: 1 }),
        );
        signal.addEventListener('abort', () => reject(signal.reason));
      });
    },
    onDone: () => {},
    onWork: () => {},
    onBroken: (error) => broken.push(error),
  });
  server.share = 64;
});

afterEach(() => {
  server.dispose();
  expect([memory.retainedBytes, clock.pending]).toEqual([0, 0]);
});

const chunksOf = (id: number, sizeBytes: number) => {
  const message: TaskMessage = { kind: 'task', id, type: 'echo', params: { sizeBytes } };
  return splitTransfer(id, encodeTransfer([{ message, attachments: [new Uint8Array(sizeBytes)] }]), chunkBytes);
};

function sendTask(id: number, sizeBytes: number): void {
  for (const chunk of chunksOf(id, sizeBytes)) port.receive(chunk.buffer);
}

/** The kinds of the messages that the volunteer has sent, with the ids of their tasks. */
async function answers(): Promise<unknown[]> {
  await ticksPass();
  const transfers = new Map<number, Uint8Array[]>();
  for (let chunk = port.take(); chunk; chunk = port.take()) {
    const id = new DataView(chunk.buffer).getUint32(4, true);
    transfers.set(id, [...(transfers.get(id) ?? []), chunk.subarray(16)]);
  }
  return [...transfers.values()]
    .flatMap((parts) => decodeTransfer(concatBytes(parts), taskMessageSchema))
    .filter(({ message }) => message.kind !== 'credit')
    .map(({ message }) => [message.kind, 'id' in message && message.id]);
}

describe("a volunteer's memory is bounded in bytes", () => {
  test('tasks whose inputs would exceed the part of one gamer are handed back, not held', async () => {
    const most = Math.floor(MEMORY.maxBytesPerLink / (60 * MIB));
    for (let id = 0; id <= most; id++) sendTask(id, 60 * MIB);
    expect([running, server.held]).toEqual([most, most]);
    expect(await answers()).toEqual([['returned', most]]);
    expect(server.retainedBytes).toBeLessThanOrEqual(MEMORY.maxBytesPerLink);
    expect(broken).toEqual([]);
  });

  test('results that nobody takes count: the one too many is refused, and the next tasks are handed back', async () => {
    for (let id = 0; id < 5; id++) sendTask(id, 1);
    // Nothing leaves the send queue: the gamer does not read.
    port.bufferedAmount = CHANNELS.tasks.highWaterBytes;
    for (const end of finish) end();
    await ticksPass();
    expect(server.retainedBytes).toBeLessThanOrEqual(MEMORY.maxBytesPerLink);
    sendTask(5, 30 * MIB);
    port.bufferedAmount = 0;
    port.fire('bufferedamountlow');
    const kinds = await answers();
    expect(kinds).toContainEqual(['failed', 4]);
    expect(kinds).toContainEqual(['returned', 5]);
    expect(broken).toEqual([]);
  });

  test('answers that a gamer does not read count as well, also where each of its messages is small', async () => {
    const evicted: MeshError[] = [];
    const other: MemoryUser = { retainedBytes: MEMORY.maxBytes - 2 * MIB, evict: (error) => evicted.push(error) };
    memory.add(other);
    port.bufferedAmount = CHANNELS.tasks.highWaterBytes;
    const tasks = Array.from({ length: 256 }, (_, id) =>
      withoutAttachments({ kind: 'task', id, type: 'no such task', params: null }),
    );
    const [envelope] = splitTransfer(0, encodeTransfer(tasks), chunkBytes);
    for (let n = 0; n < 400 && evicted.length === 0; n++) {
      if (envelope) port.receive(envelope.slice().buffer);
      await ticksPass();
    }
    expect(evicted).toMatchObject([{ reason: 'queue-full' }]);
  });

  test('what is kept only to save time gives way to work, before anybody is refused or disconnected', () => {
    const evicted: MeshError[] = [];
    let spareBytes = 250 * MIB;
    const keeper: MemoryUser = {
      get retainedBytes() {
        return 500 * MIB + spareBytes;
      },
      freeSpare: () => {
        spareBytes = 0;
      },
      evict: (error) => evicted.push(error),
    };
    memory.add(keeper);
    expect([memory.hasCapacity(server, 10 * MIB), spareBytes]).toEqual([true, 250 * MIB]);
    expect([memory.hasCapacity(server, 60 * MIB), spareBytes]).toEqual([true, 0]);
    spareBytes = 300 * MIB;
    memory.grown(server);
    expect([spareBytes, evicted]).toEqual([0, []]);
    memory.remove(keeper);
  });

  test('when all gamers together exceed the budget, only the gamer that holds the most memory is disconnected', () => {
    const evicted: string[] = [];
    const user = (name: string, retainedBytes: number): MemoryUser => ({
      retainedBytes,
      evict: () => evicted.push(name),
    });
    const others = [user('small', 10 * MIB), user('largest', 255 * MIB), ...[1, 2].map(() => user('large', 250 * MIB))];
    for (const other of others) memory.add(other);
    const chunks = chunksOf(0, 4 * MIB);
    for (let n = 0; n < 60 && evicted.length === 0; n++) {
      const chunk = chunks.next().value;
      if (chunk) port.receive(chunk.buffer);
    }
    expect(evicted).toEqual(['largest']);
    expect(broken).toEqual([]);
    for (const other of others) memory.remove(other);
  });
});

describe('a transfer that makes no progress', () => {
  test('ends its link after a while, though nothing more arrives, and is forgotten', () => {
    const chunks = chunksOf(0, 4 * MIB);
    for (const _ of [0, 1]) {
      const chunk = chunks.next().value;
      if (chunk) port.receive(chunk.buffer);
      clock.advance(MEMORY.stalledMs - 1_000);
    }
    // Slow, but under way until now.
    expect(broken).toEqual([]);
    clock.advance(1_000);
    expect(broken).toMatchObject([{ reason: 'connection-failed' }]);
    expect(server.retainedBytes).toBe(0);
  });

  test('is watched by no timer once it is complete', () => {
    sendTask(0, 4 * MIB);
    expect([clock.pending, running]).toEqual([0, 1]);
  });
});
