import { describe, expect, test } from 'vitest';
import { seededRandom } from '../../shared/seeded-random.ts';
import { channelDoor, inputDoor, resultDoor, storm } from './test-doors.ts';

/** Of each door. */
const MESSAGES = 2_000;
const seed = Date.now() & 0xffffff;

describe(`hostile messages of another browser are refused within 50 ms, by a MeshError and nothing else (seed ${seed})`, () => {
  test.each([
    ...(['control', 'tasks', 'video', 'heartbeat'] as const).map(
      (name) => [`the ${name} channel`, channelDoor(name)] as const,
    ),
    ['task inputs', inputDoor()] as const,
    ['task results', resultDoor()] as const,
  ])('%s', async (_, door) => {
    await expect(storm(door, MESSAGES, seededRandom(seed))).resolves.toBeUndefined();
  });
});
