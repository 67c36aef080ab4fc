import { setTimeout as sleep } from 'node:timers/promises';
import { percentile } from '../pages/statistics.mjs';
import { figure } from '../rows.mjs';
import { serveOurs, startClients } from './stage.mjs';

const LOAD = { pairs: 25, perS: 250, warmUpMs: 500, durationMs: 4_000 };
const ROUNDS = 3;
const OVERLAP_MS = 500;
/** Where the sockets seem to come from, behind a proxy: the flood, and the rest of the world. */
const [FLOODER, OTHERS] = ['198.51.100.7', '203.0.113'];

/** @typedef {import('./signalling.ts').SignalFigures} SignalFigures */
/** @typedef {import('./flooding.ts').FloodFigures} FloodFigures */

/**
 * What others notice of one address that sends ten times what it may, with the server's limits as they are; with and without it in
 * turn.
 * @param {import('../context.mjs').BenchContext} context
 * @param {import('./stage.mjs').Clients} clients
 */
export async function measureFlood(context, clients) {
  // What one machine elsewhere costs itself is not to be held against us.
  const flooders = await startClients(context, { gently: true });
  const { url } = await serveOurs(context, { env: { TRUSTED_PROXIES: '1' } });
  /** @type {{ calm: SignalFigures[], flooded: SignalFigures[], floods: FloodFigures[] }} */
  const rounds = { calm: [], flooded: [], floods: [] };
  const others = () => clients({ kind: 'signals', server: 'ours', url, load: LOAD, address: OTHERS });
  const startedMs = performance.now();
  for (let round = 0; round < ROUNDS; round++) {
    rounds.calm.push(await others());
    /** @type {Promise<FloodFigures>} */
    const flooding = flooders({
      kind: 'flood',
      url,
      address: FLOODER,
      durationMs: LOAD.warmUpMs + LOAD.durationMs + 3 * OVERLAP_MS,
    });
    await sleep(OVERLAP_MS);
    rounds.flooded.push(await others());
    rounds.floods.push(await flooding);
  }
  const tookMs = performance.now() - startedMs;
  const calmMs = p99MsOf(rounds.calm);
  const floodedMs = p99MsOf(rounds.flooded);
  const [sent, arrived] = [sum(rounds.flooded, 'sent'), sum(rounds.flooded, 'arrived')];
  const relayed = sum(rounds.floods, 'relayed');
  const allowance = rounds.floods[0]?.allowance ?? { signals: Number.NaN, windowMs: Number.NaN };
  const allowed = Math.ceil(tookMs / allowance.windowMs) * allowance.signals;
  context.say(`flood: p99 of others ${floodedMs.toFixed(2)} ms, without it ${calmMs.toFixed(2)} ms`);
  return [
    figure("flood of 10x an address's limit: p99 of others' signals", floodedMs, 'ms', {
      below: 10,
      note: `without it ${calmMs.toFixed(2)} ms, in ${ROUNDS} turns`,
    }),
    figure("others' signals that did not arrive", sent - arrived, '', { atMost: 0, note: `of ${sent}` }),
    figure('signals of the flood that were relayed', relayed, '', {
      atMost: allowed,
      note: `of ${sum(rounds.floods, 'sent')} sent over ${sum(rounds.floods, 'opened')} sockets; ${sum(rounds.floods, 'refused')} were refused, the others went with their sockets`,
    }),
  ];
}

/** @param {readonly SignalFigures[]} rounds */
function p99MsOf(rounds) {
  return percentile(
    rounds.flatMap(({ tookMs }) => tookMs),
    0.99,
  );
}

/**
 * @template {string} Key
 * @param {readonly Record<Key, number>[]} those
 * @param {Key} key
 */
function sum(those, key) {
  return those.reduce((total, one) => total + one[key], 0);
}
