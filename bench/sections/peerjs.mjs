import { once } from 'node:events';
import { join } from 'node:path';
import { ROOT } from '../../deploy/child.mjs';
import { inTurn, median } from '../pages/statistics.mjs';
import { figure } from '../rows.mjs';
import { call, openPage, openVolunteer } from '../stage.mjs';

const ROOM = 'beside-peerjs';
const WAITING = 'waiting';
const JOINS = 10;
const LOAD = { sizeBytes: 1_024, window: 32, batch: 16, durationMs: 500, tripBytes: 64, trips: 200, rounds: 5 };

/** @type {import('../run.mjs').Section} */
export const section = {
  name: 'peerjs',
  about: 'PeerJS with its own server, beside ours: time to join, round trip and rate of echoes',
  async run(context) {
    const peerServer = context.startNode(join(ROOT, 'bench/node/peer-server.mjs'));
    const [{ port }] = /** @type {[{ port: number }]} */ (await once(peerServer, 'message'));
    const server = await context.startServer();
    const browser = await context.launchBrowser();
    // Our pages may talk to our server only; PeerJS has its own.
    const pages = await browser.newContext({ bypassCSP: true });
    await openVolunteer(pages, server.url, { room: ROOM, backend: 'js' });
    const waiting = await openPage(pages, server.url);
    await call(waiting, 'peerjs.mjs#waitAndEcho', { port, id: WAITING });

    /** @param {string} name @param {object} options @returns {Promise<number>} */
    const joinFreshly = async (name, options) => {
      const page = await openPage(pages, server.url);
      await call(page, 'peerjs.mjs#loaded', null);
      await call(page, 'gamer.mjs#loaded', null);
      /** @type {number} */
      const tookMs = await call(page, name, options);
      await page.close();
      return tookMs;
    };
    let joiners = 0;
    /** @param {object} options */
    const peerJoin = (options) =>
      joinFreshly('peerjs.mjs#joinMs', { port, to: WAITING, serialization: 'binary', ...options });
    const joins = await inTurn(
      {
        ours: () => joinFreshly('gamer.mjs#joinMs', { room: ROOM }),
        // Without a name of its own it asks its server for one first.
        unnamed: () => peerJoin({}),
        named: () => peerJoin({ id: `joiner-${joiners++}` }),
      },
      JOINS,
    );
    const gamer = await openPage(pages, server.url);
    /** @type {Awaited<ReturnType<typeof import('../pages/beside-peerjs.mjs').measureBesidePeerJs>>} */
    const { p50Ms, perS } = await call(gamer, 'beside-peerjs.mjs#measureBesidePeerJs', {
      ...{ room: ROOM, port, to: WAITING },
      ...LOAD,
    });
    const joinMs = { ours: median(joins.ours), unnamed: median(joins.unnamed), named: median(joins.named) };
    return joinRows(joinMs).concat(echoRows(p50Ms, perS));
  },
};

/** @param {{ ours: number, unnamed: number, named: number }} joinMs */
function joinRows({ ours, unnamed, named }) {
  const note = `ours ${ours.toFixed(0)}, PeerJS ${unnamed.toFixed(0)} ms, with a name of its own ${named.toFixed(0)} ms`;
  return [figure('join: the better PeerJS / ours', Math.min(unnamed, named) / ours, 'x', { above: 1, note })];
}

/**
 * @param {{ ours: number, binary: number, raw: number }} p50Ms
 * @param {{ single: number, batched: number, binary: number, raw: number }} perS
 */
function echoRows(p50Ms, perS) {
  const bestMs = Math.min(p50Ms.binary, p50Ms.raw);
  const bestPerS = Math.max(perS.binary, perS.raw);
  const peerMs = `binary ${p50Ms.binary.toFixed(2)}, raw ${p50Ms.raw.toFixed(2)}`;
  const peerPerS = `binary ${perS.binary.toFixed(0)}, raw ${perS.raw.toFixed(0)} /s`;
  return [
    figure('echo of 64 B, p50 later than the better', p50Ms.ours - bestMs, 'ms', {
      atMost: 1,
      note: `ours ${p50Ms.ours.toFixed(2)}, ${peerMs} ms`,
    }),
    figure('echoes of 1 kB in batches / the better', perS.batched / bestPerS, 'x', {
      above: 1,
      note: `ours ${perS.batched.toFixed(0)}, ${peerPerS}`,
    }),
    figure('echoes of 1 kB one by one / the better', perS.single / bestPerS, 'x', {
      note: `ours ${perS.single.toFixed(0)}, ${peerPerS}`,
    }),
  ];
}
