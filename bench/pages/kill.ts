import type { Redispatch } from '../../web/dispatch/dispatch-counts.ts';
import { client, connect, freshBytes, freshPicture } from './gamer.ts';

const redispatches: (Redispatch & { atMs: number })[] = [];

export async function connectAndListen(options: { room: string; volunteers: number }): Promise<void> {
  await connect(options);
  client().addEventListener('redispatched', (event) => {
    // The same clock as Date.now() in the process that kills, but finer.
    const atMs = performance.timeOrigin + performance.now();
    redispatches.push({ ...(event as CustomEvent<Redispatch>).detail, atMs });
  });
}

/** The name of the volunteer to kill. */
const VICTIM = 'victim';
const [ECHOES, SIZE_BYTES, WINDOW, KILL_AFTER] = [1_000, 4_096, 64, 200];
/** A small upscale follows every so many echoes, so that volunteers compute a little. */
const ECHOES_PER_UPSCALE = 4;

/** Different echoes. Calls the page's `kill()` when the victim has just answered, so that it dies in the middle of its work. */
export async function runEchoes() {
  const before = client().stats();
  const victimId = client().volunteers.find(({ name }) => name === VICTIM)?.id;
  let [submitted, correct, pictures, longestMs, killed] = [0, 0, 0, 0, false];
  const lane = async () => {
    while (submitted < ECHOES) {
      const serial = ++submitted;
      const sent = freshBytes(SIZE_BYTES);
      const { bytes, timing } = await client().submitTask('echo', { bytes: sent }).result;
      longestMs = Math.max(longestMs, timing.totalMs);
      if (bytes.length === sent.length && bytes.every((byte, index) => byte === sent[index])) correct++;
      if (!killed && correct >= KILL_AFTER && timing.ranOn === victimId) {
        killed = true;
        Reflect.get(globalThis, 'kill')();
      }
      if (serial % ECHOES_PER_UPSCALE === 0) {
        await client().submitTask('upscale', { image: freshPicture(64, 36) }).result;
        pictures++;
      }
    }
  };
  const lanes = await Promise.allSettled(Array.from({ length: WINDOW }, lane));
  const { completed, failed } = client().stats();
  return {
    correct,
    pictures,
    killed,
    longestMs,
    redispatches,
    victimId,
    /** As the client counts them; each task that was awaited here must be one of them. */
    completed: completed - before.completed,
    failed: failed - before.failed + lanes.filter(({ status }) => status === 'rejected').length,
  };
}
