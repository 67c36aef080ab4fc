import type { Section } from '../context.ts';
import { mediansInTurn } from '../measuring.ts';
import type * as PeerjsPage from '../pages/peerjs.ts';
import { figure } from '../report.ts';
import type * as Peers from '../server/peers.ts';

const ROOM = 'beside-peerjs';
const TO = 'waiting';
const JOINS = 10;

export const peerjs: Section = {
  name: 'peerjs',
  about:
    'PeerJS with its own server, beside ours: time to join, also by polling, round trip and rate of echoes; what a lasting link is worth',
  async run(context) {
    const port = await context.startProcess<typeof Peers>('server/peers').call('startPeerServer');
    // Our pages may connect to our server only, by their Content-Security-Policy; PeerJS connects to its own.
    const site = await context.openSite({ modules: ['peerjs'], context: { bypassCSP: true } });
    const newPage = () => site.page<typeof PeerjsPage>('peerjs');
    await site.volunteer({ room: ROOM, backend: 'js' });
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
        ours: () => inFreshPage((page) => page.call('ourJoinMs', ROOM)),
        polling: () =>
          inFreshPage(async (page) => {
            await page.call('refuseWebSockets');
            return page.call('ourJoinMs', ROOM);
          }),
        // Without an id PeerJS asks its server for one first.
        peer: () => inFreshPage((page) => page.call('peerJoinMs', { port, to: TO })),
        named: () => inFreshPage((page) => page.call('peerJoinMs', { port, to: TO, id: `joiner-${joiners++}` })),
      },
      JOINS,
    );
    const gamer = await newPage();
    const { p50Ms, perS } = await gamer.call('measureBesidePeerJs', { room: ROOM, port, to: TO });
    const bestMs = Math.min(p50Ms.binary, p50Ms.raw);
    const bestPerS = Math.max(perS.binary, perS.raw);
    const rate = (oursPerS: number) =>
      `ours ${oursPerS.toFixed(0)}, binary ${perS.binary.toFixed(0)}, raw ${perS.raw.toFixed(0)} /s`;
    return [
      figure('join: the better PeerJS / ours', Math.min(joinMs.peer, joinMs.named) / joinMs.ours, 'x', {
        above: 1,
        note: `ours ${joinMs.ours.toFixed(0)}, PeerJS ${joinMs.peer.toFixed(0)} ms, with an id of its own ${joinMs.named.toFixed(0)} ms`,
      }),
      figure('join where WebSockets are refused, by polling / by WebSocket', joinMs.polling / joinMs.ours, 'x', {
        atMost: 2,
        note: `${joinMs.polling.toFixed(0)} ms by polling`,
      }),
      figure('echo of 64 B, p50 later than the better PeerJS', p50Ms.ours - bestMs, 'ms', {
        atMost: 1,
        note: `ours ${p50Ms.ours.toFixed(2)}, binary ${p50Ms.binary.toFixed(2)}, raw ${p50Ms.raw.toFixed(2)} ms`,
      }),
      figure('a connection per echo / one for all', (joinMs.ours + p50Ms.ours) / p50Ms.ours, 'x', { above: 1 }),
      figure('echoes of 1 kB in batches / the better PeerJS', perS.batched / bestPerS, 'x', {
        above: 1,
        note: rate(perS.batched),
      }),
      figure('echoes of 1 kB one by one / the better PeerJS', perS.single / bestPerS, 'x', { note: rate(perS.single) }),
    ];
  },
};
