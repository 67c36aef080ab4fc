import { durationsMs, inTurn, mapValues, median, mediansInTurn, percentile, sum } from '../measuring.ts';
import { connectBare } from './bare-channel.ts';
import * as gamer from './gamer.ts';

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

/** What an echo takes if a connection is made for it, and if there is one already. */
export async function measureLink(room: string) {
  const ms = await mediansInTurn(
    {
      ownLink: async () => {
        await gamer.close();
        return median(
          await durationsMs(1, async () => {
            await gamer.connect({ room });
            await gamer.taskEcho(gamer.SIZE_BYTES);
          }),
        );
      },
      lastingLink: async () => median(await durationsMs(100, () => gamer.taskEcho(gamer.SIZE_BYTES))),
    },
    5,
  );
  return { ownLinkMs: ms.ownLink, lastingLinkMs: ms.lastingLink };
}

const upscale = (image: ReturnType<typeof gamer.freshPicture>) =>
  gamer.client().submitTask('upscale', { image }).result;

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
