import type { Section } from '../context.ts';
import { mediansInTurn } from '../measuring.ts';
import type * as PeerjsPage from '../pages/peerjs.ts';
import { figure, type Target } from '../report.ts';
import type * as Peers from '../server/peers.ts';

const TO = 'waiting';
const JOINS = 10;

export const peerjs: Section = {
  name: 'peerjs',
  about: 'ours beside PeerJS and a bare data channel: time to join, also by polling; rate and round trip of echoes',
  async run(context) {
    const port = await context.startProcess<typeof Peers>('server/peers').call('startPeerServer');
    // Our pages may connect to our server only, by their Content-Security-Policy; PeerJS connects to its own.
    const site = await context.openSite({ modules: ['peerjs'], context: { bypassCSP: true } });
    const newPage = () => site.page<typeof PeerjsPage>('peerjs');
    await (await site.volunteer({ backend: 'js' })).call('answerBare');
    await (await newPage()).call('waitAndEcho', { port, id: TO });
    const inFreshPage = async (join: (page: Awaited<ReturnType<typeof newPage>>) => Promise<number>) => {
      const page = await newPage();
      await page.call('load');
      const tookMs = await join(page);
      await page.page.close();
      return tookMs;
    };
    let joiners = 0;
    const joinMs = await mediansInTurn(
      {
        ours: () => inFreshPage((page) => page.call('ourJoinMs')),
        polling: () =>
          inFreshPage(async (page) => {
            await page.call('refuseWebSockets');
            return page.call('ourJoinMs');
          }),
        // Without an id PeerJS asks its server for one first.
        peer: () => inFreshPage((page) => page.call('peerJoinMs', { port, to: TO })),
        named: () => inFreshPage((page) => page.call('peerJoinMs', { port, to: TO, id: `joiner-${joiners++}` })),
      },
      JOINS,
    );
    const gamer = await newPage();
    const { perS, p50Ms, p99Ms } = await gamer.call('measureEchoes', { port, to: TO });
    const [bestMs, bestPerS] = [Math.min(p50Ms.binary, p50Ms.raw), Math.max(perS.binary, perS.raw)];
    const besidePeerjs = (what: string, oursPerS: number, target: Target = {}) =>
      figure(`echoes of 1 kB ${what} / the better PeerJS`, oursPerS / bestPerS, 'x', {
        note: `ours ${oursPerS.toFixed(0)}, binary ${perS.binary.toFixed(0)}, raw ${perS.raw.toFixed(0)} /s`,
        ...target,
      });
    const besideBare = (what: string, oursPerS: number, target: Target = {}) =>
      figure(`echoes of 1 kB ${what} / bare channel`, oursPerS / perS.bare, 'x', {
        note: `${oursPerS.toFixed(0)} of ${perS.bare.toFixed(0)} /s`,
        ...target,
      });
    const later = (what: string, theirMs: number, oursMs: number, target: Target) =>
      figure(`echo of 64 B, ${what}`, oursMs - theirMs, 'ms', {
        note: `${oursMs.toFixed(2)} less ${theirMs.toFixed(2)} ms`,
        ...target,
      });
    return [
      figure('join: the better PeerJS / ours', Math.min(joinMs.peer, joinMs.named) / joinMs.ours, 'x', {
        above: 1,
        note: `ours ${joinMs.ours.toFixed(0)}, PeerJS ${joinMs.peer.toFixed(0)} ms, with an id of its own ${joinMs.named.toFixed(0)} ms`,
      }),
      figure('join where WebSockets are refused, by polling / by WebSocket', joinMs.polling / joinMs.ours, 'x', {
        atMost: 2,
        note: `${joinMs.polling.toFixed(0)} ms by polling`,
      }),
      later('p50 later than the better PeerJS', bestMs, p50Ms.task, { atMost: 1 }),
      later('p50 later than over a bare channel', p50Ms.bare, p50Ms.task, { below: 1 }),
      later('p99 later than over a bare channel', p99Ms.bare, p99Ms.task, { below: 5 }),
      figure('a connection per echo / one for all', (joinMs.ours + p50Ms.task) / p50Ms.task, 'x', { above: 1 }),
      besidePeerjs('in batches of 16', perS.batchedUncached, { above: 1 }),
      besidePeerjs('one by one', perS.singleUncached),
      besideBare('one by one', perS.single, { atLeast: 0.7 }),
      besideBare('in batches of 16', perS.batched, { atLeast: 2 }),
      besideBare('16 in a message of it', perS.bareBatched),
      besideBare('one by one without the cache', perS.singleUncached),
      besideBare('in batches of 16 without the cache', perS.batchedUncached),
    ];
  },
};
