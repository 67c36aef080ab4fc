import { setTimeout as sleep } from 'node:timers/promises';
import { inTurn, median, percentile } from '../pages/statistics.mjs';
import { figure } from '../rows.mjs';
import { measureIdle } from '../server/idle.mjs';
import { serve, startClients } from '../server/stage.mjs';

const ROOMS = { rooms: 500, members: 8, atATime: 64, rounds: 3 };
const SIGNALS = { pairs: 100, perS: 2_000, durationMs: 5_000 };
const RESTART = { sessions: 1_000, withinMs: 10_000, burstMs: 100 };
const FLOOD = { pairs: 25, perS: 250, durationMs: 5_000, overlapMs: 1_000 };
/** Where the sockets seem to come from, behind a proxy: the flood, and the rest of the world. */
const [FLOODER, OTHERS] = ['198.51.100.7', '203.0.113'];

/** @typedef {import('../context.mjs').BenchContext} BenchContext */
/** @typedef {Awaited<ReturnType<typeof startClients>>} Clients */
/** @typedef {import('../server/signalling.ts').SignalFigures} SignalFigures */

/** @type {import('../run.mjs').Section} */
export const section = {
  name: 'server',
  about:
    'the signaling server on loopback: idle sockets, joins and signals beside PeerServer and bare socket.io, a restart, a flood',
  async run(context) {
    const clients = await startClients(context);
    return [
      ...(await measureIdle(context, clients)),
      ...(await measureJoins(context, clients)),
      ...(await measureSignals(context, clients)),
      ...(await measureRestart(context, clients)),
      ...(await measureFlood(context, clients)),
    ];
  },
};

/** @param {BenchContext} context @param {Clients} clients */
async function measureJoins(context, clients) {
  const count = ROOMS.rooms * ROOMS.members;
  /** @param {import('../server/stage.mjs').ServerKind} kind */
  const join = async (kind) => {
    const server = await serve(context, kind);
    /** @type {{ tookMs: number[], totalMs: number, count: number }} */
    const opened = await clients({ kind: 'open', server: kind, url: server.url, count, atATime: ROOMS.atATime });
    await clients({ kind: 'close' });
    await server.stop();
    return {
      perS: opened.count / (opened.totalMs / 1_000),
      p99Ms: percentile(opened.tookMs, 0.99),
      count: opened.count,
    };
  };
  const rounds = await inTurn(
    { ours: () => join('ours'), unnamed: () => join('peer'), named: () => join('peer, named') },
    ROOMS.rounds,
  );
  const perS = (/** @type {keyof typeof rounds} */ of) => median(rounds[of].map((round) => round.perS));
  const p99Ms = (/** @type {keyof typeof rounds} */ of) => median(rounds[of].map((round) => round.p99Ms));
  context.say(`joins: ours ${perS('ours').toFixed(0)}/s`);
  const least = Math.min(...rounds.ours.map((round) => round.count));
  return [
    figure('members let in, of 500 rooms x 8', least, '', { atLeast: count }),
    figure('joins', perS('ours'), '/s', {
      above: Math.max(perS('unnamed'), perS('named')),
      note: `PeerServer ${perS('unnamed').toFixed(0)}, to pages with a name of their own ${perS('named').toFixed(0)} /s; it knows no rooms and signs no passes`,
    }),
    figure('join p99', p99Ms('ours'), 'ms', {
      below: Math.min(p99Ms('unnamed'), p99Ms('named')),
      note: `${ROOMS.atATime} at a time; PeerServer ${p99Ms('unnamed').toFixed(1)}, with a name ${p99Ms('named').toFixed(1)} ms`,
    }),
  ];
}

/** @param {BenchContext} context @param {Clients} clients */
async function measureSignals(context, clients) {
  /** @param {'ours' | 'peer'} kind */
  const relay = async (kind) => {
    const server = await serve(context, kind);
    /** @type {SignalFigures} */
    const figures = await clients({ kind: 'signals', server: kind, url: server.url, load: SIGNALS });
    await server.stop();
    return { ...figures, p99Ms: percentile(figures.tookMs, 0.99) };
  };
  const [ours, peer] = [await relay('ours'), await relay('peer')];
  context.say(`signals: p99 ${ours.p99Ms.toFixed(2)} ms`);
  return [
    figure('relay of 2,000 signals/s, p99', ours.p99Ms, 'ms', {
      below: 10,
      note: `p50 ${percentile(ours.tookMs, 0.5).toFixed(2)}; PeerServer p99 ${peer.p99Ms.toFixed(2)} ms`,
    }),
    figure('signals that did not arrive', ours.sent - ours.arrived, '', { atMost: 0, note: `of ${ours.sent}` }),
  ];
}

/** @param {BenchContext} context @param {Clients} clients */
async function measureRestart(context, clients) {
  const first = await serve(context, 'ours');
  await clients({ kind: 'join', url: first.url, count: RESTART.sessions });
  await clients({ kind: 'brace' });
  const stoppedMs = performance.now();
  await first.stop();
  await serve(context, 'ours', { port: Number(new URL(first.url).port) });
  const awayMs = performance.now() - stoppedMs;
  /** @type {import('../server/resuming.ts').Resumption} */
  let resumption = { sessions: 0, backAfterMs: [] };
  while (performance.now() - stoppedMs < RESTART.withinMs && resumption.backAfterMs.length < RESTART.sessions) {
    await sleep(200);
    resumption = await clients({ kind: 'resumption' });
  }
  const backAfterMs = resumption.backAfterMs.toSorted((a, b) => a - b);
  const busiest = busiestMs(backAfterMs, RESTART.burstMs);
  context.say(`restart: ${backAfterMs.length} sessions back`);
  return [
    figure('restart under 1,000 sessions: back within 10 s', backAfterMs.length, '', {
      atLeast: RESTART.sessions,
      note: `the server was away for ${awayMs.toFixed(0)} ms; the last was back after ${(backAfterMs.at(-1) ?? Number.NaN).toFixed(0)} ms`,
    }),
    figure('of those in the busiest tenth of a second', (100 * busiest) / backAfterMs.length, '%', {
      atMost: 33,
      note: 'attempts are jittered; all at once would be 100',
    }),
  ];
}

/**
 * The most that fall into any such window.
 * @param {readonly number[]} sorted
 * @param {number} windowMs
 */
function busiestMs(sorted, windowMs) {
  let [most, first] = [0, 0];
  for (let last = 0; last < sorted.length; last++) {
    while ((sorted[last] ?? 0) - (sorted[first] ?? 0) > windowMs) first++;
    most = Math.max(most, last - first + 1);
  }
  return most;
}

/** @param {BenchContext} context @param {Clients} clients */
async function measureFlood(context, clients) {
  const flooders = await startClients(context);
  const { url } = await serve(context, 'ours', { env: { TRUSTED_PROXIES: '1' } });
  const { pairs, perS, durationMs, overlapMs } = FLOOD;
  /** @returns {Promise<SignalFigures>} */
  const others = () =>
    clients({ kind: 'signals', server: 'ours', url, load: { pairs, perS, durationMs }, address: OTHERS });
  const before = await others();
  /** @type {Promise<import('../server/flooding.ts').FloodFigures>} */
  const flooding = flooders({ kind: 'flood', url, address: FLOODER, durationMs: durationMs + 2 * overlapMs });
  await sleep(overlapMs);
  const during = await others();
  const { sent, answeredWell, refused, opened } = await flooding;
  const p99Ms = (/** @type {SignalFigures} */ { tookMs }) => percentile(tookMs, 0.99);
  return [
    figure("flood of 10x an address's limit: p99 of others' signals", p99Ms(during), 'ms', {
      below: 10,
      note: `${p99Ms(before).toFixed(2)} ms before it; the flood: ${sent} signals, ${opened} sockets; ${answeredWell} relayed, ${refused} refused, the rest dropped`,
    }),
    figure("others' signals that did not arrive", during.sent - during.arrived, '', {
      atMost: 0,
      note: `of ${during.sent}`,
    }),
  ];
}
