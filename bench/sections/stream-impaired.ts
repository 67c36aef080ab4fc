import { SetupError } from '../../deploy/failure.mjs';
import { ImpairedRelay } from '../../e2e/impaired-relay.mjs';
import { ensureCoturn, iceServersAt, startTurnServer } from '../../e2e/turn-server.mjs';
import type { Context, Section, Site } from '../context.ts';
import { median } from '../measuring.ts';
import type * as StreamPage from '../pages/stream.ts';
import { figure, type Row, text } from '../report.ts';

const LIVE = { width: 320, height: 180, fps: 30, picture: 'detail' } as const;
/** The queue holds 200 ms at the reduced rate, as a home router's does. */
const IMPAIRMENT = { delayMs: 30, queueBytes: 25_000, seed: 1 };
/** A link with such losses carries little more than the reduced rate (Mathis 1997); without losses the reduction is noticed. */
const LOSSES = [
  { loss: 0.02, suffix: '' },
  { loss: 0, suffix: ', no losses' },
];
const REDUCED_KBPS = 1_000;
const PHASES_MS = { calm: 5_000, reduced: 5_000, after: 10_000 };
const INTERVAL_MS = 250;
/** Frame rates are measured over this time. */
const SECOND_MS = 1_000;
/** The share of its former value at which the frame rate is back: a count of frames in a second is off by one or two. */
const BACK = 0.9;
/** A phase is judged by its last samples, since statistics cover the last five seconds. */
const LAST_SAMPLES = 4;

export const streamImpaired: Section = {
  name: 'stream-impaired',
  about:
    'live frames over a path of 30 ms each way that loses 2 %, limited to 1 Mb/s for a while: delay, queues, recovery',
  async run(context) {
    try {
      await ensureCoturn();
    } catch (cause) {
      if (!(cause instanceof SetupError)) throw cause;
      return [text('not measured', cause.message)];
    }
    const turn = await startTurnServer();
    context.defer(() => turn.stop());
    const site = await context.openSite({ modules: ['stream'], variants: ['quick'] });
    const rows: Row[] = [];
    for (const { loss, suffix } of LOSSES) {
      const measured = await measure(context, site, turn, loss);
      rows.push(...measured.map((row) => ({ ...row, what: row.what + suffix })));
    }
    return rows;
  },
};

async function measure(context: Context, site: Site, turn: Awaited<ReturnType<typeof startTurnServer>>, loss: number) {
  const room = `stream impaired ${loss}`;
  const relay = await ImpairedRelay.start(turn.port, { ...IMPAIRMENT, loss });
  context.defer(() => relay.stop());
  // Both ends reach each other through the TURN server only, and only the gamer reaches that through the impaired path: everything
  // crosses it once each way. If the volunteer were behind it too, delays and losses would count twice.
  await site.volunteer({
    room,
    variant: 'quick',
    relayOnly: true,
    iceServers: iceServersAt(turn.port, turn.credentials),
  });
  const gamer = await site.page<typeof StreamPage>('stream');
  const iceServers = iceServersAt(relay.port, turn.credentials);
  await gamer.call('open', { ...LIVE, room, variant: 'quick', relayOnly: true, iceServers });
  await gamer.call('settled', room);
  await gamer.call('watch', room);
  const now = () => performance.timeOrigin + performance.now();
  const startMs = now();
  const durationMs = PHASES_MS.calm + PHASES_MS.reduced + PHASES_MS.after;
  const sampling = gamer.call('sample', { room, durationMs, intervalMs: INTERVAL_MS });
  await gamer.page.waitForTimeout(PHASES_MS.calm);
  const reducedMs = now();
  relay.squeeze(REDUCED_KBPS);
  await gamer.page.waitForTimeout(PHASES_MS.reduced);
  const restoredMs = now();
  relay.squeeze(null);
  const samples = await sampling;
  const frames = await gamer.call('seen', room);
  const times = { startMs, reducedMs, restoredMs, endMs: now() };
  const { up, down } = relay.counts;
  console.log(`Datagrams up ${JSON.stringify(up)}, down ${JSON.stringify(down)}`);
  await gamer.call('close', room);
  return rowsOf(samples, frames, times);
}

type Times = Record<'startMs' | 'reducedMs' | 'restoredMs' | 'endMs', number>;

function rowsOf(samples: readonly StreamPage.Sample[], frames: readonly StreamPage.SeenFrame[], times: Times): Row[] {
  const { reducedMs, restoredMs } = times;
  const calm = samples.filter(({ atMs }) => atMs < reducedMs);
  const last = calm.at(-1);
  const reduced = samples.filter(({ atMs }) => atMs >= reducedMs && atMs < restoredMs).at(-1);
  const worst = [...samples].sort((a, b) => b.p95Ms - a.p95Ms)[0];
  const uplinkMs = (some: typeof samples) => median(some.slice(-LAST_SAMPLES).map((sample) => sample.uplinkMs));
  const [endMs, calmMs] = [uplinkMs(samples), uplinkMs(calm)];
  const kbps = (sample: typeof last) =>
    `${sample?.uplinkKbps.toFixed(0)} up and ${sample?.downlinkKbps.toFixed(0)} kb/s down`;
  const { beforePerS, backAfterS, leastPerS } = recovery(frames, times);
  return [
    figure('glass to glass p95, the highest of all samples', worst?.p95Ms ?? Number.NaN, 'ms', {
      below: 400,
      note: `${(((worst?.atMs ?? 0) - reducedMs) / 1_000).toFixed(1)} s after the limit began; ${last?.p95Ms.toFixed(0)} ms before it`,
    }),
    figure('uplink, at the end / before the limit', endMs / calmMs, 'x', {
      atMost: 1.5,
      note: `p50 ${endMs.toFixed(0)} and ${calmMs.toFixed(0)} ms, at most ${Math.max(...samples.map((sample) => sample.uplinkMs)).toFixed(0)}`,
    }),
    figure('time after the limit until the frame rate is back', backAfterS, 's', {
      atMost: 5,
      note: `${beforePerS.toFixed(1)} /s before it, ${leastPerS.toFixed(0)} in the worst second`,
    }),
    figure('share of frames with detail during the limit', reduced?.volunteersShare ?? Number.NaN, ''),
    figure('age of detail p95, before the limit', last?.detailP95Ms ?? Number.NaN, 'ms', {
      note: `${reduced?.detailP95Ms.toFixed(0)} ms during it`,
    }),
    text('bitrates before and during the limit', `${kbps(last)}; ${kbps(reduced)}`),
  ];
}

function recovery(frames: readonly StreamPage.SeenFrame[], { startMs, reducedMs, restoredMs, endMs }: Times) {
  const perS = (fromMs: number, toMs: number) =>
    (1_000 * frames.filter(({ atMs }) => atMs >= fromMs && atMs < toMs).length) / (toMs - fromMs);
  const beforePerS = perS(startMs, reducedMs);
  const seconds = Array.from({ length: PHASES_MS.reduced / INTERVAL_MS }, (_, nth) => reducedMs + nth * INTERVAL_MS);
  const leastPerS = Math.min(...seconds.map((fromMs) => perS(fromMs, fromMs + SECOND_MS)));
  let backMs = restoredMs;
  while (backMs + SECOND_MS <= endMs && perS(backMs, backMs + SECOND_MS) < BACK * beforePerS) backMs += INTERVAL_MS / 5;
  const isBack = backMs + SECOND_MS <= endMs;
  return { beforePerS, leastPerS, backAfterS: isBack ? (backMs - restoredMs) / 1_000 : Number.NaN };
}
