import {
  durationsMs,
  inTurn,
  type Load,
  mapValues,
  median,
  mediansInTurn,
  percentile,
  ratePerS,
} from '../measuring.ts';
import { connectBare } from './bare-channel.ts';
import { batchEcho, close, connect, taskEcho, UNCACHED } from './gamer.ts';

const SIZE_BYTES = 1_024;
const LOAD: Load = { window: 32, durationMs: 500 };
const BATCH = 16;
const IN_BATCHES: Load = { ...LOAD, window: LOAD.window / BATCH };
const [ROUNDS, TRIPS] = [7, 300];

/** Echo tasks beside a bare channel, in a gamer's page whose volunteer is in another page of this browser. */
export async function measureEcho(room: string) {
  await connect({ room });
  const bareEcho = await connectBare();
  const single = (echo: () => Promise<unknown>) => () => ratePerS(LOAD, echo);
  const batched = (echo: () => Promise<unknown>) => async () => BATCH * (await ratePerS(IN_BATCHES, echo));
  const perS = await mediansInTurn(
    {
      bare: single(() => bareEcho(SIZE_BYTES)),
      // The same bytes with a batch in each message: what the channel itself gains by that.
      bareBatched: batched(() => bareEcho(BATCH * SIZE_BYTES)),
      single: single(() => taskEcho(SIZE_BYTES)),
      batched: batched(() => batchEcho(BATCH, SIZE_BYTES)),
      singleUncached: single(() => taskEcho(SIZE_BYTES, UNCACHED)),
      batchedUncached: batched(() => batchEcho(BATCH, SIZE_BYTES, UNCACHED)),
    },
    ROUNDS,
  );
  const tripsMs = await inTurn(
    {
      bare: () => durationsMs(TRIPS, () => bareEcho(SIZE_BYTES)),
      task: () => durationsMs(TRIPS, () => taskEcho(SIZE_BYTES)),
      taskUncached: () => durationsMs(TRIPS, () => taskEcho(SIZE_BYTES, UNCACHED)),
    },
    ROUNDS,
  );
  const at = (share: number) => mapValues(tripsMs, (samples) => median(samples.map((ms) => percentile(ms, share))));
  return { perS, p50Ms: at(0.5), p99Ms: at(0.99) };
}

/** What an echo takes if a connection is made for it, and if there is one already. */
export async function measureLink(room: string) {
  const ms = await mediansInTurn(
    {
      ownLink: async () => {
        await close();
        return median(
          await durationsMs(1, async () => {
            await connect({ room });
            await taskEcho(SIZE_BYTES);
          }),
        );
      },
      lastingLink: async () => median(await durationsMs(100, () => taskEcho(SIZE_BYTES))),
    },
    5,
  );
  return { ownLinkMs: ms.ownLink, lastingLinkMs: ms.lastingLink };
}
