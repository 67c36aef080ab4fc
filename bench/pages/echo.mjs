import { offerBare } from './bare-channel.mjs';
import { bareEcho, bareRate, batchRate, roundTrips, taskEcho, taskRate } from './echo-loads.mjs';
import { connect } from './gamer.mjs';
import { inTurn, median, percentile } from './statistics.mjs';

const UNCACHED = { cache: false };

/**
 * The echo section's measurements, in a gamer's page whose volunteer waits in another one of this browser.
 * @param {{ room: string, sizeBytes: number, window: number, batch: number, durationMs: number, rounds: number, trips: number }} options
 */
export async function measureEcho({ room, rounds, trips, ...load }) {
  await connect({ room });
  const channel = await offerBare();
  const rates = await inTurn(
    {
      bare: () => bareRate(channel, load),
      coarse: async () => load.batch * (await bareRate(channel, inOneMessage(load))),
      single: () => taskRate(load),
      batched: () => batchRate(load),
      singleUncached: () => taskRate(load, UNCACHED),
      batchedUncached: () => batchRate(load, UNCACHED),
    },
    rounds,
  );
  const latencies = await inTurn(
    {
      bare: () => roundTrips(trips, () => bareEcho(channel, load.sizeBytes)),
      task: () => roundTrips(trips, () => taskEcho(load.sizeBytes)),
      taskUncached: () => roundTrips(trips, () => taskEcho(load.sizeBytes, UNCACHED)),
    },
    rounds,
  );
  /** @param {number[][]} samples */
  const tails = (samples) => ({
    p50Ms: median(samples.map((tripsMs) => percentile(tripsMs, 0.5))),
    p99Ms: median(samples.map((tripsMs) => percentile(tripsMs, 0.99))),
  });
  return {
    perS: {
      bare: median(rates.bare),
      coarse: median(rates.coarse),
      single: median(rates.single),
      batched: median(rates.batched),
      singleUncached: median(rates.singleUncached),
      batchedUncached: median(rates.batchedUncached),
    },
    trips: {
      bare: tails(latencies.bare),
      task: tails(latencies.task),
      taskUncached: tails(latencies.taskUncached),
    },
  };
}

/**
 * The same bytes with a batch in each message: what the channel itself gains by that.
 * @param {import('./echo-loads.mjs').Load & { batch: number }} load
 */
function inOneMessage({ sizeBytes, window, batch, durationMs }) {
  return { sizeBytes: sizeBytes * batch, window: window / batch, durationMs };
}
