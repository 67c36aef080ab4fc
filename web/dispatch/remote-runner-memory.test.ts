import { afterEach, beforeEach, expect, test } from 'vitest';
import { CHANNELS } from '../../shared/channels.ts';
import { splitTransfer } from '../../shared/chunks.ts';
import type { MeshError } from '../../shared/errors.ts';
import { ManualClock } from '../../shared/test-manual-clock.ts';
import { TestPort } from '../net/test-channel.ts';
import { MEMORY, MemoryBudget, type MemoryUser } from './memory-budget.ts';
import { RemoteRunner } from './remote-runner.ts';

const MIB = 1024 * 1024;
const { chunkBytes } = CHANNELS.tasks;

/** The runner of a volunteer that begins a result of 40 MiB and does not complete it. */
let clock: ManualClock;
let memory: MemoryBudget;
let port: TestPort;
let runner: RemoteRunner;
let broken: MeshError[];
let chunks: Iterator<Uint8Array<ArrayBuffer>>;

beforeEach(() => {
  clock = new ManualClock();
  memory = new MemoryBudget();
  port = new TestPort();
  broken = [];
  runner = new RemoteRunner({
    volunteerId: 'hostile',
    port,
    clock,
    memory,
    onRoom: () => {},
    onBroken: (error) => broken.push(error),
  });
  chunks = splitTransfer(0, [new Uint8Array(40 * MIB)], chunkBytes);
});

afterEach(() => {
  runner.dispose();
  expect([memory.retainedBytes, clock.pending]).toEqual([0, 0]);
});

function sendUntilBroken(sizeBytes: number): void {
  for (let sentBytes = 0; sentBytes < sizeBytes && broken.length === 0; sentBytes += chunkBytes) {
    port.receive(chunks.next().value?.buffer);
  }
}

test('unfinished results of all volunteers together are bounded, and the link that holds the most is closed', () => {
  const evicted: string[] = [];
  const others: MemoryUser[] = Array.from({ length: 50 }, (_, nth) => ({
    retainedBytes: 15 * MIB,
    evict: () => evicted.push(`${nth}`),
  }));
  for (const other of others) memory.add(other);
  sendUntilBroken(30 * MIB);
  expect(broken).toMatchObject([{ reason: 'queue-full' }]);
  expect(evicted).toEqual([]);
  expect(memory.retainedBytes).toBeLessThanOrEqual(MEMORY.maxBytes);
  for (const other of others) memory.remove(other);
});

test('a result that a volunteer stops sending ends its link after a while, and is forgotten', () => {
  sendUntilBroken(chunkBytes);
  clock.advance(MEMORY.stalledMs - 1_000);
  expect([broken, memory.retainedBytes]).toEqual([[], chunkBytes]);
  clock.advance(1_000);
  expect(broken).toMatchObject([{ reason: 'connection-failed' }]);
  expect(memory.retainedBytes).toBe(0);
});
