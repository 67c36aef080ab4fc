import { inTurn, median, percentile } from '../pages/statistics.mjs';
import { figure } from '../rows.mjs';
import { serve, withCpuOf } from './stage.mjs';

const ROOMS = 500;
const MEMBERS = 8;
const AT_A_TIME = 64;
const ROUNDS = 3;

/** @typedef {{ perS: number, p99Ms: number, perCpuS: number, count: number }} Round */

/**
 * Pages that come all at once, to servers that have been running for a while. PeerServer's come as PeerJS's do, which ask it for an
 * id first, and beside that as those that have one.
 * @param {import('../context.mjs').BenchContext} context
 * @param {import('./stage.mjs').Clients} clients
 */
export async function measureJoins(context, clients) {
  /** @param {import('./stage.mjs').ServerKind} kind */
  const joiningAt = async (kind) => {
    const server = await serve(context, kind);
    const round = () => join(clients, kind, server);
    return { server, round };
  };
  const [ours, peer, named, bare] = [
    await joiningAt('ours'),
    await joiningAt('peer'),
    await joiningAt('peer, named'),
    await joiningAt('bare'),
  ];
  const rounds = await inTurn({ ours: ours.round, peer: peer.round, named: named.round, bare: bare.round }, ROUNDS);
  for (const { server } of [ours, peer, named, bare]) await server.stop();
  /** @param {keyof typeof rounds} kind @param {'perS' | 'p99Ms' | 'perCpuS'} what */
  const of = (kind, what) => median(rounds[kind].map((round) => round[what]));
  const words = (/** @type {'perS' | 'p99Ms' | 'perCpuS'} */ what, digits = 0) =>
    `PeerServer ${of('peer', what).toFixed(digits)}, to those with an id ${of('named', what).toFixed(digits)}; bare socket.io ${of('bare', what).toFixed(digits)}`;
  context.say(`joins: ours ${of('ours', 'perS').toFixed(0)} /s; ${words('perS')}`);
  return [
    figure('members let in, of 500 rooms x 8', Math.min(...rounds.ours.map(({ count }) => count)), '', {
      atLeast: ROOMS * MEMBERS,
    }),
    figure('joins', of('ours', 'perS'), '/s', { above: of('peer', 'perS'), note: words('perS') }),
    figure('join p99', of('ours', 'p99Ms'), 'ms', {
      below: of('peer', 'p99Ms'),
      note: `${AT_A_TIME} at a time; ${words('p99Ms', 1)}`,
    }),
    figure('joins for a second of processor', of('ours', 'perCpuS'), '', { note: words('perCpuS') }),
  ];
}

/**
 * @param {import('./stage.mjs').Clients} clients
 * @param {import('./stage.mjs').ServerKind} kind
 * @param {import('./stage.mjs').Server} server
 * @returns {Promise<Round>}
 */
async function join(clients, kind, server) {
  const { value, cpuS } = await withCpuOf(server, () => {
    /** @type {Promise<{ tookMs: number[], totalMs: number, count: number }>} */
    const opened = clients({
      ...{ kind: 'open', server: kind, url: server.url },
      ...{ count: ROOMS * MEMBERS, atATime: AT_A_TIME },
    });
    return opened;
  });
  await clients({ kind: 'close' });
  const { count, totalMs, tookMs } = value;
  return { perS: count / (totalMs / 1_000), p99Ms: percentile(tookMs, 0.99), perCpuS: count / cpuS, count };
}
