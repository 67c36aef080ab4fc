import { setTimeout as sleep } from 'node:timers/promises';
import { World } from '../../signaling-server/lobby/test-hour.ts';
import { ours } from '../../signaling-server/lobby/test-matchmakers.ts';
import { PEOPLE } from '../../signaling-server/lobby/test-people.ts';
import type { Context, RemoteProcess, Section } from '../context.ts';
import { inTurn, median, percentile } from '../measuring.ts';
import { figure, type Row, short } from '../report.ts';
import { residentBytesOf, withCpuOf } from '../resources.ts';
import type * as ClientsModule from '../server/clients.ts';
import type { ServerKind } from '../server/clients.ts';
import type * as Peers from '../server/peers.ts';

type Clients = RemoteProcess<typeof ClientsModule>;

/** All clients of the bench share one address. */
const WITHOUT_LIMITS = { LIMIT_FACTOR: '0' };

export const server: Section = {
  name: 'server',
  about: 'the signaling server on loopback: idle sockets, joins and signals beside PeerServer',
  async run(context) {
    const clients = context.startProcess<typeof ClientsModule>('server/clients');
    const rows: Row[] = [];
    for (const measure of [measureIdle, measureJoins, measureSignals]) {
      rows.push(...(await measure(context, clients)));
    }
    return rows;
  },
};

/** Starts a server in a process of its own. */
async function startOne(context: Context, kind: ServerKind) {
  if (kind === 'ours') return context.startServer({ env: WITHOUT_LIMITS });
  const peers = context.startProcess<typeof Peers>('server/peers');
  const port = await peers.call('startPeerServer');
  return { url: `http://localhost:${port}`, pid: peers.pid, stop: async () => peers.kill() };
}

type BenchServer = Awaited<ReturnType<typeof startOne>>;

const IDLE = {
  sockets: 10_000,
  atATime: 100,
  /** Long enough for V8 to collect the garbage of the joins, and for a heartbeat of each socket, every 25 s. */
  settleMs: 27_000,
  lookEveryMs: 1_000,
};

/** Ten thousand idle sockets, and what each costs. Those to our server have joined: it closes others after ten seconds. */
async function measureIdle(context: Context, clients: Clients): Promise<Row[]> {
  const ours = await holdIdle(context, clients, 'ours');
  const peer = await holdIdle(context, clients, 'peer, named');
  const others = (key: 'kB' | 'cpuPercent' | 'held') => `PeerServer ${short(peer[key])}`;
  return [
    figure('idle sockets held by one instance', ours.held, '', {
      atLeast: IDLE.sockets,
      note: `joined, in rooms of 8${ours.refusal ? `; the next was refused: ${ours.refusal}` : ''}; ${others('held')}`,
    }),
    figure('memory of an idle socket', ours.kB, 'kB', { atMost: 25, note: `${others('kB')} kB` }),
    figure('processor time of idle sockets', ours.cpuPercent, '%', {
      note: `of one core: heartbeats, and garbage of the joins; ${others('cpuPercent')} %`,
    }),
  ];
}

async function holdIdle(context: Context, clients: Clients, kind: ServerKind) {
  const { url, pid, stop } = await startOne(context, kind);
  await sleep(IDLE.lookEveryMs);
  const beforeBytes = await residentBytesOf(pid);
  const { refusal } = await clients.call('open', kind, url, IDLE.sockets, IDLE.atATime);
  const idle = await withCpuOf(pid, async () => {
    let leastBytes = Number.POSITIVE_INFINITY;
    for (let waitedMs = 0; waitedMs < IDLE.settleMs; waitedMs += IDLE.lookEveryMs) {
      await sleep(IDLE.lookEveryMs);
      leastBytes = Math.min(leastBytes, await residentBytesOf(pid));
    }
    return leastBytes;
  });
  const held = await clients.call('countOpen');
  await clients.call('closeAll');
  await stop();
  const kB = (idle.value - beforeBytes) / held / 1_000;
  console.log(`${kind}: ${held} sockets, ${kB.toFixed(1)} kB each`);
  return { held, refusal, kB, cpuPercent: (100 * idle.cpuS) / idle.tookS };
}

const JOINS = { count: 500 * 8, atATime: 64, rounds: 3 };

/** Pages that join all at once, at servers that have been running for a while. PeerServer's ask it for an id first, as PeerJS does. */
async function measureJoins(context: Context, clients: Clients): Promise<Row[]> {
  const servers: BenchServer[] = [];
  const joiningAt = async (kind: ServerKind) => {
    const server = await startOne(context, kind);
    servers.push(server);
    return () => joinAll(clients, kind, server);
  };
  const rounds = await inTurn(
    {
      ours: await joiningAt('ours'),
      peer: await joiningAt('peer'),
    },
    JOINS.rounds,
  );
  for (const { stop } of servers) await stop();
  type Key = 'perS' | 'p99Ms' | 'perCpuS';
  const of = (kind: keyof typeof rounds, key: Key) => median(rounds[kind].map((round) => round[key]));
  const others = (key: Key) => `PeerServer ${short(of('peer', key))}`;
  return [
    figure('pages that joined, of 500 rooms x 8', Math.min(...rounds.ours.map(({ count }) => count)), '', {
      atLeast: JOINS.count,
    }),
    figure('joins', of('ours', 'perS'), '/s', { above: of('peer', 'perS'), note: others('perS') }),
    figure('join p99', of('ours', 'p99Ms'), 'ms', {
      below: of('peer', 'p99Ms'),
      note: `${JOINS.atATime} at a time; ${others('p99Ms')}`,
    }),
    figure('joins per second of processor time', of('ours', 'perCpuS'), '', { note: others('perCpuS') }),
  ];
}

async function joinAll(clients: Clients, kind: ServerKind, { url, pid }: BenchServer) {
  const { value, cpuS } = await withCpuOf(pid, () => clients.call('open', kind, url, JOINS.count, JOINS.atATime));
  await clients.call('closeAll');
  const { count, totalMs, tookMs } = value;
  return { count, perS: (1_000 * count) / totalMs, p99Ms: percentile(tookMs, 0.99), perCpuS: count / cpuS };
}

const SIGNALS = { pairs: 100, perS: 2_000, warmUpMs: 2_000, durationMs: 8_000 };

/** Signals between introduced pairs at a steady rate. */
async function measureSignals(context: Context, clients: Clients): Promise<Row[]> {
  const relay = async (kind: 'ours' | 'peer') => {
    const { url, pid, stop } = await startOne(context, kind);
    const { value, cpuS } = await withCpuOf(pid, () => clients.call('sendSignals', kind, url, SIGNALS));
    await stop();
    return {
      ...value,
      p50Ms: median(value.tookMs),
      p99Ms: percentile(value.tookMs, 0.99),
      perCpuS: ((SIGNALS.warmUpMs + SIGNALS.durationMs) / SIGNALS.durationMs) * (value.arrived / cpuS),
    };
  };
  const [ours, peer] = [await relay('ours'), await relay('peer')];
  return [
    figure('relay of 2,000 signals/s, p99', ours.p99Ms, 'ms', {
      below: 10,
      note: `p50 ${short(ours.p50Ms)}; PeerServer p50 ${short(peer.p50Ms)}, p99 ${short(peer.p99Ms)} ms`,
    }),
    figure('signals that did not arrive', ours.sent - ours.arrived, '', { atMost: 0, note: `of ${ours.sent}` }),
    figure('signals sent', ours.sent / (SIGNALS.durationMs / 1_000), '/s', { atLeast: 0.99 * SIGNALS.perS }),
    figure('signals per second of processor time', ours.perCpuS, '', {
      note: `with the joins of ${2 * SIGNALS.pairs} pages; PeerServer ${short(peer.perCpuS)}`,
    }),
  ];
}

const SEED = 7;

/** Who joins, pauses and leaves, and work as a flow, with loads reported once a minute. Whom the lobby serves is a matter of tests. */
export const simulate: Section = {
  name: 'simulate',
  onlyWhenNamed: true,
  about: 'what a decision of the lobby takes in an hour of virtual time with 100,000 volunteers and 20,000 gamers',
  async run(context) {
    const child = context.startProcess<{ simulateHour: typeof simulateHour }>('sections/server');
    const { decisionsMs, tookS, residentBytes } = await child.call('simulateHour');
    const [p50Ms, p99Ms, maxMs] = [0.5, 0.99, 1].map((share) => percentile(decisionsMs, share));
    return [
      figure('a decision of the lobby, p99', p99Ms ?? Number.NaN, 'ms', {
        below: 1,
        note: `${decisionsMs.length} of them, p50 ${p50Ms?.toFixed(3)}, longest ${maxMs?.toFixed(1)}`,
      }),
      figure('memory of the simulation', residentBytes / 1024 ** 2, 'MB', {
        below: 2_048,
        note: `${tookS.toFixed(0)} s`,
      }),
    ];
  },
};

/** To be called in a process of its own: memory is measured. */
export function simulateHour() {
  const startedMs = performance.now();
  const world = new World(SEED, PEOPLE.crowd, ours);
  world.events.runUntil(PEOPLE.hourS);
  const decisionsMs = Float64Array.from(world.figures.decisionsMs);
  return { decisionsMs, tookS: (performance.now() - startedMs) / 1_000, residentBytes: process.memoryUsage.rss() };
}
