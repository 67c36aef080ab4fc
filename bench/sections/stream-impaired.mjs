import { SetupError } from '../../deploy/failure.mjs';
import { ImpairedRelay } from '../../e2e/impaired-relay.mjs';
import { ensureCoturn, iceServersAt, startTurnServer } from '../../e2e/turn-server.mjs';
import { median } from '../pages/statistics.mjs';
import { figure, said } from '../rows.mjs';
import { call, openPage, openVolunteer } from '../stage.mjs';

const FPS = 30;
const LIVE = /** @type {const} */ ({ width: 320, height: 180, fps: FPS, picture: 'detail' });
/** A queue of 200 ms at the squeezed rate, as a home router's. */
const IMPAIRMENT = { delayMs: 30, queueBytes: 25_000, seed: 1 };
/** With losses a link carries little more than the squeeze leaves (Mathis 1997); without them it carries all, and the squeeze is felt. */
const LOSSES = [
  { loss: 0.02, suffix: '' },
  { loss: 0, suffix: ', nothing lost' },
];
const SQUEEZE_KBPS = 1_000;
const CALM_MS = 5_000;
const SQUEEZE_MS = 5_000;
const AFTER_MS = 10_000;
const INTERVAL_MS = 250;
/** What a rate is measured over, to tell when it is back. */
const SECOND_MS = 1_000;
/** A count of frames in a second is off by one or two. */
const BACK = 0.9;
/** The last samples of a phase; those of a stream's figures tell of its last five seconds. */
const LAST_SAMPLES = 4;

/** @typedef {import('../pages/impaired.mjs').Sample} Sample */
/** @typedef {ReturnType<typeof import('../pages/live.mjs').seen>['frames']} Seen */
/** @typedef {{ pages: import('playwright').BrowserContext, serverUrl: string, turn: Awaited<ReturnType<typeof startTurnServer>> }} Setting */
/** @typedef {{ startMs: number, squeezedMs: number, freedMs: number, endMs: number }} Times */

/** @type {import('../run.mjs').Section} */
export const section = {
  name: 'stream-impaired',
  about:
    'live frames over a way of 30 ms each way that loses 2 %, squeezed to 1 Mb/s for a while: delay, queues, recovery',
  async run(context) {
    try {
      await ensureCoturn();
    } catch (cause) {
      if (!(cause instanceof SetupError)) throw cause;
      return [said('not measured', cause.message)];
    }
    const turn = await startTurnServer();
    context.defer(() => turn.stop());
    const server = await context.startServer({}, ['quick']);
    const browser = await context.launchBrowser();
    const setting = { pages: await browser.newContext(), serverUrl: server.url, turn };
    const rows = [];
    for (const { loss, suffix } of LOSSES) rows.push(...(await measure(context, setting, loss, suffix)));
    return rows;
  },
};

/**
 * @param {import('../context.mjs').BenchContext} context
 * @param {Setting} setting
 * @param {number} loss
 * @param {string} suffix of the rows' names
 */
async function measure(context, { pages, serverUrl, turn }, loss, suffix) {
  const room = `stream impaired${suffix}`;
  const relay = await ImpairedRelay.start(turn.port, { ...IMPAIRMENT, loss });
  context.defer(() => relay.stop());
  // Both ends reach each other through the TURN server only, and the gamer reaches that through the bad way only: everything
  // crosses it once each way. Were the volunteer behind it too, its delays and losses would count twice.
  await openVolunteer(pages, serverUrl, {
    ...{ room, variant: 'quick', relayOnly: true },
    iceServers: iceServersAt(turn.port, turn.credentials),
  });
  const gamer = await openPage(pages, serverUrl);
  const iceServers = iceServersAt(relay.port, turn.credentials);
  await call(gamer, 'live.mjs#open', { ...LIVE, room, relayOnly: true, iceServers });
  await call(gamer, 'live.mjs#settled', room);
  await call(gamer, 'live.mjs#watch', room);

  const now = () => performance.timeOrigin + performance.now();
  const startMs = now();
  /** @type {Promise<Sample[]>} */
  const sampling = call(gamer, 'impaired.mjs#sampled', {
    room,
    durationMs: CALM_MS + SQUEEZE_MS + AFTER_MS,
    intervalMs: INTERVAL_MS,
  });
  await gamer.waitForTimeout(CALM_MS);
  const squeezedMs = now();
  relay.squeeze(SQUEEZE_KBPS);
  await gamer.waitForTimeout(SQUEEZE_MS);
  const freedMs = now();
  relay.squeeze(null);
  const samples = await sampling;
  const { frames } = await call(gamer, 'live.mjs#seen', room);
  const { up, down } = relay.counts;
  context.say(`Datagrams up ${JSON.stringify(up)}, down ${JSON.stringify(down)}`);
  const endMs = now();
  await call(gamer, 'live.mjs#close', room);
  return rowsOf(samples, frames, { startMs, squeezedMs, freedMs, endMs }).map((row) => ({
    ...row,
    what: row.what + suffix,
  }));
}

/**
 * @param {readonly Sample[]} samples
 * @param {Seen} frames
 * @param {Times} times
 */
function rowsOf(samples, frames, times) {
  const { squeezedMs, freedMs } = times;
  const calm = samples.filter(({ atMs }) => atMs < squeezedMs);
  const squeezed = samples.filter(({ atMs }) => atMs >= squeezedMs && atMs < freedMs);
  const worst = samples.toSorted((a, b) => b.p95Ms - a.p95Ms)[0];
  const uplinkMs = (/** @type {readonly Sample[]} */ some) =>
    median(some.slice(-LAST_SAMPLES).map((sample) => sample.uplinkMs));
  const kbps = (/** @type {Sample | undefined} */ sample) =>
    `${sample?.uplinkKbps.toFixed(0)} up and ${sample?.downlinkKbps.toFixed(0)} kb/s down`;
  const highestUplinkMs = Math.max(...samples.map((sample) => sample.uplinkMs));
  const { beforePerS, backAfterS, leastPerS } = recovery(frames, times);
  return [
    figure('glass to glass p95, the highest of all samples', worst?.p95Ms ?? Number.NaN, 'ms', {
      below: 400,
      note: `${(((worst?.atMs ?? 0) - squeezedMs) / 1_000).toFixed(1)} s after the squeeze; ${calm.at(-1)?.p95Ms.toFixed(0)} ms before it`,
    }),
    figure('uplink, at the end / before the squeeze', uplinkMs(samples) / uplinkMs(calm), 'x', {
      atMost: 1.5,
      note: `p50 ${uplinkMs(samples).toFixed(0)} and ${uplinkMs(calm).toFixed(0)} ms, ${highestUplinkMs.toFixed(0)} at the highest`,
    }),
    figure('frame rate is back after the squeeze in', backAfterS, 's', {
      atMost: 5,
      note: `${beforePerS.toFixed(1)} /s before it, the worst second ${leastPerS.toFixed(0)}`,
    }),
    figure('part that volunteers gave during the squeeze', squeezed.at(-1)?.volunteers ?? Number.NaN, ''),
    said('bitrates before and in the squeeze', `${kbps(calm.at(-1))}; ${kbps(squeezed.at(-1))}`),
  ];
}

/**
 * @param {Seen} frames
 * @param {Times} times
 */
function recovery(frames, { startMs, squeezedMs, freedMs, endMs }) {
  const perS = (/** @type {number} */ fromMs, /** @type {number} */ toMs) =>
    (1_000 * frames.filter(({ atMs }) => atMs >= fromMs && atMs < toMs).length) / (toMs - fromMs);
  const beforePerS = perS(startMs, squeezedMs);
  let leastPerS = Number.POSITIVE_INFINITY;
  for (let fromMs = squeezedMs; fromMs < freedMs; fromMs += INTERVAL_MS) {
    leastPerS = Math.min(leastPerS, perS(fromMs, fromMs + SECOND_MS));
  }
  for (let fromMs = freedMs; fromMs + SECOND_MS <= endMs; fromMs += INTERVAL_MS / 5) {
    if (perS(fromMs, fromMs + SECOND_MS) < BACK * beforePerS) continue;
    return { beforePerS, leastPerS, backAfterS: (fromMs - freedMs) / 1_000 };
  }
  return { beforePerS, leastPerS, backAfterS: Number.NaN };
}
