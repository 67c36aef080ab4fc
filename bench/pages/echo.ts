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

interface EchoLoad extends Load {
  room: string;
  sizeBytes: number;
  batch: number;
  rounds: number;
  trips: number;
}

/** Echo tasks beside a bare channel, in a gamer's page whose volunteer is in another page of this browser. */
export async function measureEcho({ room, rounds, trips, sizeBytes, batch, ...load }: EchoLoad) {
  await connect({ room });
  const bareEcho = await connectBare();
  const inBatches = { ...load, window: load.window / batch };
  const batched = async (echo: () => Promise<unknown>) => batch * (await ratePerS(inBatches, echo));
  const perS = await mediansInTurn(
    {
      bare: () => ratePerS(load, () => bareEcho(sizeBytes)),
      // The same bytes with a batch in each message: what the channel itself gains by that.
      bareBatched: () => batched(() => bareEcho(batch * sizeBytes)),
      single: () => ratePerS(load, () => taskEcho(sizeBytes)),
      batched: () => batched(() => batchEcho(batch, sizeBytes)),
      singleUncached: () => ratePerS(load, () => taskEcho(sizeBytes, UNCACHED)),
      batchedUncached: () => batched(() => batchEcho(batch, sizeBytes, UNCACHED)),
    },
    rounds,
  );
  const tripsMs = await inTurn(
    {
      bare: () => durationsMs(trips, () => bareEcho(sizeBytes)),
      task: () => durationsMs(trips, () => taskEcho(sizeBytes)),
      taskUncached: () => durationsMs(trips, () => taskEcho(sizeBytes, UNCACHED)),
    },
    rounds,
  );
  const at = (share: number) => mapValues(tripsMs, (samples) => median(samples.map((ms) => percentile(ms, share))));
  return { perS, p50Ms: at(0.5), p99Ms: at(0.99) };
}

/** What an echo takes if a connection is made for it, and if there is one already. */
export async function measureLink({ room, sizeBytes, rounds, trips }: Omit<EchoLoad, keyof Load | 'batch'>) {
  const ownLinkMs: number[] = [];
  const lastingLinkMs: number[] = [];
  for (let round = 0; round < rounds; round++) {
    ownLinkMs.push(
      ...(await durationsMs(1, async () => {
        await connect({ room });
        await taskEcho(sizeBytes);
      })),
    );
    lastingLinkMs.push(median(await durationsMs(trips, () => taskEcho(sizeBytes))));
    await close();
  }
  return { ownLinkMs: median(ownLinkMs), lastingLinkMs: median(lastingLinkMs) };
}
