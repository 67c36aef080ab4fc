import { client, connect } from './gamer.mjs';
import { freshBytes, freshPicture } from './payload.mjs';

/**
 * @typedef {object} Redispatch as the client tells it in its event `redispatched`
 * @property {string} ranOn whose attempt was not enough
 * @property {'silent' | 'late' | 'failed' | 'returned' | 'lost'} cause
 * @property {number} delayMs from the detection to the start of the new attempt
 */

/** @type {(Redispatch & { atMs: number })[]} */
const redispatches = [];

/** @param {{ room: string, volunteers: number }} options */
export async function connectAndListen(options) {
  await connect(options);
  client().addEventListener('redispatched', (event) => {
    // Of the same clock as Date.now() in the process that kills, without its coarse steps.
    const atMs = performance.timeOrigin + performance.now();
    redispatches.push({ .../** @type {CustomEvent<Redispatch>} */ (event).detail, atMs });
  });
}

/**
 * Different echoes, with a small upscale after every `echoesPerUpscale` of them so that volunteers have to compute a little. Calls
 * the page's `kill()` when the one to be killed has just answered, so that it dies in the middle of its work.
 * @param {{ echoes: number, sizeBytes: number, window: number, echoesPerUpscale: number, killAfter: number, mortal: string }} options
 */
export async function runEchoes({ echoes, sizeBytes, window, echoesPerUpscale, killAfter, mortal }) {
  const before = client().stats();
  const mortalId = client().volunteers.find(({ name }) => name === mortal)?.id;
  let submitted = 0;
  let right = 0;
  let pictures = 0;
  let killed = false;
  let longestMs = 0;
  const lane = async () => {
    while (submitted < echoes) {
      const serial = ++submitted;
      const sent = freshBytes(sizeBytes);
      const { bytes, timing } = await client().submitTask('echo', { bytes: sent }).result;
      longestMs = Math.max(longestMs, timing.totalMs);
      if (bytes.length === sent.length && bytes.every((byte, index) => byte === sent[index])) right++;
      if (!killed && right >= killAfter && timing.ranOn === mortalId) {
        killed = true;
        Reflect.get(globalThis, 'kill')();
      }
      if (serial % echoesPerUpscale === 0) {
        await client().submitTask('upscale', { image: freshPicture(64, 36) }).result;
        pictures++;
      }
    }
  };
  const lanes = await Promise.allSettled(Array.from({ length: window }, lane));
  const { completed, failed } = client().stats();
  return {
    right,
    pictures,
    killed,
    /** Every task ended once: what the client counted is what was awaited here. */
    completed: completed - before.completed,
    failed: failed - before.failed + lanes.filter(({ status }) => status === 'rejected').length,
    longestMs,
    redispatches,
    mortalId,
  };
}
