import { setTimeout as sleep } from 'node:timers/promises';
import { SetupError } from '../../deploy/failure.mjs';
import { ImpairedRelay } from '../../e2e/impaired-relay.mjs';
import { ensureCoturn, iceServersAt, startTurnServer } from '../../e2e/turn-server.mjs';
import { type RemotePage, type Section, SHOW_ADDRESSES } from '../context.ts';
import { sum } from '../measuring.ts';
import type * as StreamPage from '../pages/stream.ts';
import { figure, type Row, text } from '../report.ts';
import { detailOf } from './stream.ts';

/** Of a good GPU, so that only the streams are measured. The gamer has the same engine: another would bar the volunteer for its detail. */
const VARIANT = 'quick';
const LIVE = { width: 320, height: 180, fps: 30, picture: 'detail', variant: VARIANT } as const;
/** Longest gap between shown frames: two intervals of the source. */
const MAX_GAP_MS = Math.round(2_000 / LIVE.fps);

type Gamer = RemotePage<typeof StreamPage>;

/** Reads a clock that other processes of this machine share. */
const nowMs = () => performance.timeOrigin + performance.now();

/** What a stream shows and says of itself, beside the same source drawn by itself meanwhile. */
async function watch(gamer: Gamer, durationMs: number) {
  const [frames, alone, samples] = await Promise.all([
    gamer.call('see', durationMs),
    gamer.call('seeAlone', LIVE, durationMs),
    gamer.call('sample', durationMs),
  ]);
  return { frames, alone, samples };
}

type Watched = Awaited<ReturnType<typeof watch>>;

/** The longest time without a new picture, ms. One that never comes is missed until the end. */
function longestGapMs(frames: readonly StreamPage.SeenFrame[], fromMs: number, toMs: number): number {
  const shownMs = frames.map(({ atMs }) => atMs).filter((atMs) => atMs < toMs);
  const gaps = [...shownMs, toMs].map((atMs, i) => ({ atMs, gapMs: atMs - (shownMs[i - 1] ?? atMs) }));
  return Math.max(...gaps.filter(({ atMs }) => atMs >= fromMs).map(({ gapMs }) => gapMs));
}

/** What must hold in trouble, from one moment to another. */
function liveRows(when: string, { frames, alone, samples }: Watched, fromMs: number, toMs: number): Row[] {
  const [gapMs, aloneMs] = [longestGapMs(frames, fromMs, toMs), longestGapMs(alone, fromMs, toMs)];
  const meanwhile = samples.filter(({ atMs }) => atMs >= fromMs && atMs <= toMs);
  return [
    figure(`longest gap between shown frames, ${when}`, gapMs, 'ms', {
      atMost: MAX_GAP_MS,
      note: `${(gapMs / aloneMs).toFixed(2)} x the ${aloneMs.toFixed(0)} ms of the source drawn by itself meanwhile`,
    }),
    figure(`shown frames with their own detail, ${when}`, 100 * detailOf(meanwhile).share, '%'),
  ];
}

const ROUNDS = 3;
/** Before the kill, to see how long this machine delays a picture by itself; and after it. */
const [BEFORE_MS, AFTER_MS] = [3_000, 3_000];

export const streamKill: Section = {
  name: 'stream-kill',
  about: 'of two volunteers the one that helps most has its whole browser killed: gaps, detail, order of frames',
  async run(context) {
    const site = await context.openSite({ modules: ['stream'], variants: [VARIANT], flags: [SHOW_ADDRESSES] });
    const gamer = await site.page<typeof StreamPage>('stream');
    /** Kills each volunteer by name. */
    const alive = new Map<string, () => void>();
    let serial = 0;
    const join = async () => {
      const name = `victim ${++serial}`;
      const { pages, kill } = await context.launchKillableBrowser();
      await site.volunteer({ variant: VARIANT, name }, pages);
      alive.set(name, kill);
    };
    await join();
    await join();
    await gamer.call('open', { ...LIVE, volunteers: 2 });
    await gamer.call('settled', 2);
    const kills = [];
    for (let round = 0; round < ROUNDS; round++) {
      if (alive.size < 2) await join();
      await gamer.call('settled', 2);
      const watching = watch(gamer, BEFORE_MS + AFTER_MS);
      await sleep(BEFORE_MS);
      const [primary] = await gamer.call('shares');
      const kill = primary && alive.get(primary.name);
      if (!kill) throw new Error(`The detail comes from ${primary?.name ?? 'nobody'}, who cannot be killed.`);
      const killedMs = nowMs();
      kill();
      alive.delete(primary.name);
      kills.push({ ...(await watching), killedMs, share: primary.share });
    }
    return [
      ...kills.flatMap((watched, nth) =>
        liveRows(`kill ${nth + 1}`, watched, watched.killedMs, watched.killedMs + AFTER_MS / 2),
      ),
      figure(
        'the longest gap before a kill',
        Math.max(...kills.map(({ frames, killedMs }) => longestGapMs(frames, 0, killedMs))),
        'ms',
      ),
      figure('frames shown after a newer one', sum(kills.map(({ frames }) => countBackwards(frames))), '', {
        atMost: 0,
        note: `of ${sum(kills.map(({ frames }) => frames.length))}`,
      }),
      figure('share of the frames with detail of the killed one', Math.min(...kills.map(({ share }) => share))),
    ];
  },
};

function countBackwards(frames: readonly StreamPage.SeenFrame[]): number {
  return frames.filter(({ number }, i) => number < (frames[i - 1]?.number ?? number)).length;
}

/** The queue holds 200 ms at the reduced rate, as a home router's does. */
const IMPAIRMENT = { queueBytes: 25_000, seed: 1 };
/**
 * Detail has two intervals of the source to come in. A link with such losses carries little more than the reduced rate (Mathis 1997); without
 * losses the reduction is noticed.
 */
const LOSSES = [0.02, 0];
const DELAY_MS = 10;
const REDUCED_KBPS = 1_000;
const PHASES_MS = { calm: 5_000, reduced: 5_000, after: 10_000 };
/** Left out at both ends: the first pictures of a recorder come late. */
const EDGE_MS = 1_000;

export const streamImpaired: Section = {
  name: 'stream-impaired',
  about: 'detail over an impaired path, with and without losses, limited to 1 Mb/s for a while',
  async run(context) {
    try {
      await ensureCoturn();
    } catch (cause) {
      if (!(cause instanceof SetupError)) throw cause;
      return [text('not measured', cause.message)];
    }
    const turn = await startTurnServer();
    context.defer(() => turn.stop());
    const site = await context.openSite({ modules: ['stream'], variants: [VARIANT] });
    const gamer = await site.page<typeof StreamPage>('stream');
    const rows: Row[] = [];
    for (const loss of LOSSES) {
      const what = `${DELAY_MS} ms, ${100 * loss} % lost`;
      const relay = await ImpairedRelay.start(turn.port, { ...IMPAIRMENT, delayMs: DELAY_MS, loss });
      context.defer(() => relay.stop());
      // Both ends reach each other through the TURN server only, and only the gamer reaches that through the impaired path: everything
      // crosses it once each way. If the volunteer were behind it too, delays and losses would count twice.
      const through = (port: number) => ({
        room: what,
        relayOnly: true,
        iceServers: iceServersAt(port, turn.credentials),
      });
      await site.volunteer({ ...through(turn.port), variant: VARIANT });
      await gamer.call('open', { ...LIVE, ...through(relay.port) });
      await gamer.call('settled');
      const measured = await squeezed(gamer, what, relay);
      await gamer.call('close');
      rows.push(...measured.map((row) => ({ ...row, what: `${what}: ${row.what}` })));
    }
    return rows;
  },
};

async function squeezed(gamer: Gamer, what: string, relay: ImpairedRelay): Promise<Row[]> {
  const startMs = nowMs();
  const watching = watch(gamer, PHASES_MS.calm + PHASES_MS.reduced + PHASES_MS.after);
  await sleep(PHASES_MS.calm);
  const reducedMs = nowMs();
  relay.squeeze(REDUCED_KBPS);
  await sleep(PHASES_MS.reduced);
  const restoredMs = nowMs();
  relay.squeeze(null);
  const watched = await watching;
  const { up, down } = relay.counts;
  console.log(`${what}: datagrams up ${JSON.stringify(up)}, down ${JSON.stringify(down)}`);
  const last = watched.samples.at(-1);
  return [
    ...liveRows('before the limit', watched, startMs + EDGE_MS, reducedMs),
    ...liveRows('limited to 1 Mb/s', watched, reducedMs, restoredMs),
    ...liveRows('after the limit', watched, restoredMs, nowMs() - EDGE_MS),
    text('bitrates at the end', `${last?.uplinkKbps.toFixed(0)} up and ${last?.downlinkKbps.toFixed(0)} kb/s down`),
  ];
}
