import { describe, expect, test } from 'vitest';
import { seededRandom } from '../../shared/seeded-random.ts';
import { channelTarget, fuzz, taskInputTarget, taskResultTarget } from './test-fuzz-targets.ts';

const MESSAGES_PER_TARGET = 2_000;
const seed = Date.now() & 0xffffff;

describe(`hostile messages of another browser are refused within 50 ms, by a MeshError and nothing else (seed ${seed})`, () => {
  test.each([
    ...(['control', 'tasks', 'video', 'heartbeat'] as const).map(
      (name) => [`the ${name} channel`, channelTarget(name)] as const,
    ),
    ['task inputs', taskInputTarget()] as const,
    ['task results', taskResultTarget()] as const,
  ])('%s', async (_, target) => {
    await expect(fuzz(target, MESSAGES_PER_TARGET, seededRandom(seed))).resolves.toBeUndefined();
  });
});
