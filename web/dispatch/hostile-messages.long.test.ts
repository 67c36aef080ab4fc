import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, test } from 'vitest';
import { seededRandom } from '../../shared/seeded-random.ts';
import { channelTarget, fuzz, taskInputTarget, taskResultTarget } from './test-fuzz-targets.ts';

const MESSAGES_PER_TARGET = 100_000;
/** What may remain in memory after all of them: unfinished transfers of one channel, caches of the engine. */
const MAX_LEFT_BYTES = 64 * 1024 * 1024;
const seed = Date.now() & 0xffffff;

setFlagsFromString('--expose-gc');
const collectGarbage: () => void = runInNewContext('gc');

async function usedBytes(): Promise<number> {
  // What finalizers free, the next collection finds.
  for (let turn = 0; turn < 3; turn++) {
    collectGarbage();
    await new Promise((resolve) => setImmediate(resolve));
  }
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

describe(`100,000 hostile messages end without a throw, a leak or more than 50 ms each (seed ${seed})`, () => {
  test.each([
    ...(['control', 'tasks', 'video', 'heartbeat'] as const).map(
      (name) => [`the ${name} channel`, channelTarget(name)] as const,
    ),
    ['task inputs', taskInputTarget()] as const,
    ['task results', taskResultTarget()] as const,
  ])('%s', async (_, target) => {
    const random = seededRandom(seed);
    // Compiled code and caches are no leak.
    await fuzz(target, MESSAGES_PER_TARGET / 10, random);
    const beforeBytes = await usedBytes();
    await fuzz(target, MESSAGES_PER_TARGET, random);
    expect((await usedBytes()) - beforeBytes).toBeLessThan(MAX_LEFT_BYTES);
  });
});
