import type { Redispatch } from '../../web/dispatch/dispatch-counts.ts';
import { durationsMs, inTurn, mapValues, median, mediansInTurn, percentile, sum } from '../measuring.ts';
import { connectBare } from './bare-channel.ts';
import * as gamer from './gamer.ts';

export { connect } from './gamer.ts';

const [ROUNDS, TRIPS] = [7, 300];

/** Echo tasks beside a bare channel, in a gamer's page whose volunteer is in another page of this browser. */
export async function measureEcho(room: string) {
  await gamer.connect({ room });
  const bareEcho = await connectBare();
  const perS = await mediansInTurn(
    {
      bare: gamer.singlePerS(() => bareEcho(gamer.SIZE_BYTES)),
      // The same bytes with a batch in each message: what the channel itself gains by that.
      bareBatched: gamer.batchedPerS(() => bareEcho(gamer.BATCH * gamer.SIZE_BYTES)),
      single: gamer.singlePerS(() => gamer.taskEcho(gamer.SIZE_BYTES)),
      batched: gamer.batchedPerS(() => gamer.batchEcho()),
      singleUncached: gamer.singlePerS(() => gamer.taskEcho(gamer.SIZE_BYTES, gamer.UNCACHED)),
      batchedUncached: gamer.batchedPerS(() => gamer.batchEcho(gamer.UNCACHED)),
    },
    ROUNDS,
  );
  const tripsMs = await inTurn(
    {
      bare: () => durationsMs(TRIPS, () => bareEcho(gamer.SIZE_BYTES)),
      task: () => durationsMs(TRIPS, () => gamer.taskEcho(gamer.SIZE_BYTES)),
    },
    ROUNDS,
  );
  const at = (share: number) => mapValues(tripsMs, (samples) => median(samples.map((ms) => percentile(ms, share))));
  return { perS, p50Ms: at(0.5), p99Ms: at(0.99) };
}

const upscale = (image: ReturnType<typeof gamer.freshPicture>) =>
  gamer.client().submitTask('upscale', { image }).result;

/** Submits pictures and waits until the volunteer has some; else until it has none. Returns when that was, ms since 1970. */
export async function untilBusy(isBusy: boolean): Promise<number> {
  if (isBusy) void Promise.all(Array.from({ length: 30 }, () => upscale(gamer.freshPicture(640, 360))));
  while (gamer.client().stats().inFlight > 0 !== isBusy) await gamer.sleep(2);
  return Date.now();
}

const COUNT = 100;

/** Different pictures, all submitted at once beside one after another; then the same picture again and again. */
export async function measureUpscale(room: string) {
  await gamer.connect({ room });
  const fresh = () => upscale(gamer.freshPicture(64, 36));
  const tookMs = await mediansInTurn(
    {
      pipelined: async () => sum(await durationsMs(1, () => Promise.all(Array.from({ length: COUNT }, fresh)))),
      oneByOne: async () => sum(await durationsMs(COUNT, fresh)),
    },
    5,
  );
  const image = gamer.freshPicture(64, 36);
  await upscale(image);
  let ranOn = '';
  const againMs = await durationsMs(50, async () => {
    ({ ranOn } = (await upscale(image)).timing);
  });
  return {
    pipelinedPerS: (1_000 * COUNT) / tookMs.pipelined,
    oneByOnePerS: (1_000 * COUNT) / tookMs.oneByOne,
    againMs: median(againMs),
    ranOn: ranOn === gamer.client().volunteers[0]?.id ? 'the volunteer' : ranOn,
  };
}

const redispatches: (Redispatch & { atMs: number })[] = [];

export async function connectAndListen(options: { room: string; volunteers: number }): Promise<void> {
  await gamer.connect(options);
  gamer.client().addEventListener('redispatched', (event) => {
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
  const before = gamer.client().stats();
  const victimId = gamer.client().volunteers.find(({ name }) => name === VICTIM)?.id;
  let [submitted, correct, pictures, longestMs, killed] = [0, 0, 0, 0, false];
  const lane = async () => {
    while (submitted < ECHOES) {
      const serial = ++submitted;
      const sent = gamer.freshBytes(SIZE_BYTES);
      const { bytes, timing } = await gamer.client().submitTask('echo', { bytes: sent }).result;
      longestMs = Math.max(longestMs, timing.totalMs);
      if (bytes.length === sent.length && bytes.every((byte, index) => byte === sent[index])) correct++;
      if (!killed && correct >= KILL_AFTER && timing.ranOn === victimId) {
        killed = true;
        Reflect.get(globalThis, 'kill')();
      }
      if (serial % ECHOES_PER_UPSCALE === 0) {
        await gamer.client().submitTask('upscale', { image: gamer.freshPicture(64, 36) }).result;
        pictures++;
      }
    }
  };
  const lanes = await Promise.allSettled(Array.from({ length: WINDOW }, lane));
  const { completed, failed } = gamer.client().stats();
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
