import { batchRate, roundTrips, taskEcho, taskRate } from './echo-loads.mjs';
import { connect } from './gamer.mjs';
import { keepConnection, peerEcho, peerRate } from './peerjs.mjs';
import { inTurn, median } from './statistics.mjs';

/** PeerJS keeps no results either. */
const UNCACHED = { cache: false };

/**
 * Ours and PeerJS's in one gamer's page, each with its other side in a page of its own.
 * @param {import('./echo-loads.mjs').Load & { room: string, port: number, to: string, batch: number, tripBytes: number, trips: number, rounds: number }} options
 */
export async function measureBesidePeerJs({ room, port, to, tripBytes, trips, rounds, ...load }) {
  await connect({ room });
  await keepConnection({ port, to, serialization: 'binary' });
  await keepConnection({ port, to, serialization: 'raw' });
  const tripsMs = await inTurn(
    {
      ours: () => roundTrips(trips, () => taskEcho(tripBytes, UNCACHED)),
      binary: () => roundTrips(trips, () => peerEcho('binary', tripBytes)),
      raw: () => roundTrips(trips, () => peerEcho('raw', tripBytes)),
    },
    rounds,
  );
  const rates = await inTurn(
    {
      single: () => taskRate(load, UNCACHED),
      batched: () => batchRate(load, UNCACHED),
      binary: () => peerRate('binary', load),
      raw: () => peerRate('raw', load),
    },
    rounds,
  );
  return {
    p50Ms: {
      ours: median(tripsMs.ours.flat()),
      binary: median(tripsMs.binary.flat()),
      raw: median(tripsMs.raw.flat()),
    },
    perS: {
      single: median(rates.single),
      batched: median(rates.batched),
      binary: median(rates.binary),
      raw: median(rates.raw),
    },
  };
}
