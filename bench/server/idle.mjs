import { setTimeout as sleep } from 'node:timers/promises';
import { residentBytesOf } from '../processes.mjs';
import { figure } from '../rows.mjs';
import { serve, withCpuOf } from './stage.mjs';

const SOCKETS = 10_000;
const AT_A_TIME = 100;
/** For garbage of the joins to go, as V8 collects of itself once little happens, and for a heartbeat of each socket, every 25 s. */
const SETTLE_MS = 27_000;
const LOOK_EVERY_MS = 1_000;

/**
 * Ten thousand sockets that do nothing, and what each costs. Ours have joined: the server ends those that do not within ten seconds.
 * @param {import('../context.mjs').BenchContext} context
 * @param {import('./stage.mjs').Clients} clients
 */
export async function measureIdle(context, clients) {
  const ours = await hold(context, clients, 'ours');
  const peer = await hold(context, clients, 'peer, named');
  const bare = await hold(context, clients, 'bare');
  const kB = (/** @type {{ bytes: number }} */ { bytes }) => bytes / 1_000;
  const percent = (/** @type {{ cpuShare: number }} */ { cpuShare }) => 100 * cpuShare;
  return [
    figure('idle sockets held by one instance', ours.held, '', {
      atLeast: SOCKETS,
      note: `joined, in rooms of 8${ours.refusal ? `; the next was refused: ${ours.refusal}` : ''}; PeerServer ${peer.held}, bare socket.io ${bare.held}`,
    }),
    figure('memory of an idle socket', kB(ours), 'kB', {
      atMost: 25,
      note: `PeerServer ${kB(peer).toFixed(1)}, bare socket.io ${kB(bare).toFixed(1)} kB`,
    }),
    figure('what they take of a processor', percent(ours), '%', {
      note: `heartbeats, and garbage of the joins; PeerServer ${percent(peer).toFixed(1)}, bare socket.io ${percent(bare).toFixed(1)} %`,
    }),
  ];
}

/**
 * @param {import('../context.mjs').BenchContext} context
 * @param {import('./stage.mjs').Clients} clients
 * @param {import('./stage.mjs').ServerKind} kind
 */
async function hold(context, clients, kind) {
  const server = await serve(context, kind);
  await sleep(LOOK_EVERY_MS);
  const beforeBytes = await residentBytesOf(server.pid);
  /** @type {{ refusal: string | null }} */
  const { refusal } = await clients({
    ...{ kind: 'open', server: kind, url: server.url },
    ...{ count: SOCKETS, atATime: AT_A_TIME },
  });
  const { value: bytesHeld, cpuS, tookS } = await withCpuOf(server, () => leastBytesOf(server));
  /** @type {number} */
  const held = await clients({ kind: 'count' });
  await clients({ kind: 'close' });
  await server.stop();
  const bytes = (bytesHeld - beforeBytes) / held;
  context.say(`${kind}: ${held} sockets, ${(bytes / 1_000).toFixed(1)} kB each`);
  return { held, bytes, refusal, cpuShare: cpuS / tookS };
}

/** @param {import('./stage.mjs').Server} server */
async function leastBytesOf({ pid }) {
  let leastBytes = Number.POSITIVE_INFINITY;
  for (let waitedMs = 0; waitedMs < SETTLE_MS; waitedMs += LOOK_EVERY_MS) {
    await sleep(LOOK_EVERY_MS);
    leastBytes = Math.min(leastBytes, await residentBytesOf(pid));
  }
  return leastBytes;
}
