import { roundTrips, taskEcho } from './echo-loads.mjs';
import { close, connect } from './gamer.mjs';
import { median } from './statistics.mjs';

const TRIPS = 100;

/**
 * What an echo takes when a connection is made for it, and when there is one already.
 * @param {{ room: string, sizeBytes: number, rounds: number }} options
 */
export async function measureLink({ room, sizeBytes, rounds }) {
  /** @type {number[]} */
  const each = [];
  /** @type {number[]} */
  const lasting = [];
  for (let round = 0; round < rounds; round++) {
    const startedMs = performance.now();
    await connect({ room });
    await taskEcho(sizeBytes);
    each.push(performance.now() - startedMs);
    lasting.push(median(await roundTrips(TRIPS, () => taskEcho(sizeBytes))));
    await close();
  }
  return { eachMs: median(each), lastingMs: median(lasting) };
}
