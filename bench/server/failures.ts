import { setTimeout as sleep } from 'node:timers/promises';
import { SetupError } from '../../deploy/failure.mjs';
import { Balancer } from '../../e2e/balancer.ts';
import { ensureRedis } from '../../e2e/redis.mjs';
import { TestRedis } from '../../signaling-server/store/test-redis.ts';
import type { Context, RemoteProcess } from '../context.ts';
import { figure, type Row, text } from '../report.ts';
import { startLinked } from '../sections/node-volunteers.ts';
import type * as ClientsModule from './clients.ts';

export type Clients = RemoteProcess<typeof ClientsModule>;

/** All clients of the bench share one address. */
export const WITHOUT_LIMITS = { LIMIT_FACTOR: '0' };

const LOOK_EVERY_MS = 200;
const RESTART = { sessions: 1_000, withinMs: 10_000, windowMs: 100 };

/** A thousand sessions of the real client lose their server and find its successor, which remembers none of them. */
export async function measureRestart(context: Context, clients: Clients): Promise<Row[]> {
  const first = await context.startServer({ env: WITHOUT_LIMITS });
  await clients.call('joinSessions', first.url, RESTART.sessions);
  await clients.call('expectLoss');
  const stoppedMs = performance.now();
  await first.stop();
  await context.startServer({ env: WITHOUT_LIMITS, port: first.port });
  const awayMs = performance.now() - stoppedMs;
  let counts: Awaited<ReturnType<typeof clients.call<'sessionCounts'>>>;
  do {
    await sleep(LOOK_EVERY_MS);
    counts = await clients.call('sessionCounts');
  } while (performance.now() - stoppedMs < RESTART.withinMs && counts.backAfterMs.length < RESTART.sessions);
  await clients.call('closeSessions');
  const backAfterMs = counts.backAfterMs.filter((afterMs) => afterMs <= RESTART.withinMs).sort((a, b) => a - b);
  const lastMs = backAfterMs.at(-1) ?? Number.NaN;
  const backWithin = (fromMs: number, toMs: number) => backAfterMs.filter((ms) => ms >= fromMs && ms <= toMs).length;
  const busiest = Math.max(...backAfterMs.map((afterMs) => backWithin(afterMs, afterMs + RESTART.windowMs)));
  return [
    figure('restart: of 1,000 sessions, resumed within 10 s', backAfterMs.length - counts.changed, '', {
      atLeast: RESTART.sessions,
      note: `the server was away for ${awayMs.toFixed(0)} ms; the last was back after ${lastMs.toFixed(0)} ms`,
    }),
    figure('restart: sessions back in the busiest 100 ms', (100 * busiest) / RESTART.sessions, '%', {
      atMost: 33,
      note: 'attempts are jittered; without that it would be 100',
    }),
  ];
}

const INSTANCES = {
  count: 3,
  sessions: 240,
  signalEveryMs: 250,
  volunteers: 4,
  /** From before the kill until long after all sessions must be back. */
  tasks: { durationMs: 20_000, sizeBytes: 1_024, window: 32 },
  killAfterMs: 4_000,
  /** After the last session is back, for signals to reach all of them again. */
  calmMs: 2_000,
};

/**
 * Three instances share a Redis behind a balancer without stickiness. The deciding instance is killed while sessions signal and
 * linked volunteers work.
 */
export async function measureInstances(context: Context, clients: Clients): Promise<Row[]> {
  try {
    await ensureRedis();
  } catch (cause) {
    if (cause instanceof SetupError) return [text('3 instances, one killed', cause.message)];
    throw cause;
  }
  const { sessions, volunteers, tasks } = INSTANCES;
  const redis = await TestRedis.start();
  context.defer(() => redis.kill());
  const env = { ...WITHOUT_LIMITS, REDIS_URL: redis.url, INVITE_SECRET: 'one secret for all instances of the bench' };
  const instances = await Promise.all(Array.from({ length: INSTANCES.count }, () => context.startServer({ env })));
  const balancer = await Balancer.start(instances.map(({ port }) => port));
  context.defer(() => balancer.stop());
  const { gamer } = await startLinked(context, { url: balancer.url, room: 'linked', volunteers });
  await clients.call('joinSessions', balancer.url, sessions);
  await clients.call('startLoad', INSTANCES.signalEveryMs);
  const working = gamer.call('echoFor', tasks);
  // It is awaited below; if something fails before, the section ends by that.
  working.catch(() => {});
  await sleep(INSTANCES.killAfterMs);
  const victim = await decidingOne(instances);
  await clients.call('expectLoss');
  const killedMs = performance.now();
  await victim.kill();
  const backMs = await untilBack(clients, killedMs);
  await sleep(INSTANCES.calmMs);
  await clients.call('stopLoad');
  const done = await working;
  const end = await clients.call('sessionCounts');
  await clients.call('closeSessions');
  const away = end.backAfterMs.length;
  const lost = end.lost + end.changed + end.forgotten + sessions - end.online;
  return [
    figure('3 instances, one killed: sessions lost', lost, '', {
      atMost: 0,
      note: `of ${sessions}; ${away} were away, all back after ${backMs.toFixed(0)} ms; ${end.signalsSent - end.signalsArrived} of ${end.signalsSent} signals were lost`,
    }),
    figure('3 instances, one killed: sessions disconnected', away, '', { atLeast: 1 }),
    figure('3 instances, one killed: tasks lost', done.failed + done.wrong, '', {
      atMost: 0,
      note: `${done.done} done by ${done.busyVolunteers} volunteers meanwhile`,
    }),
    figure('3 instances, one killed: tasks done', done.done, '', { above: 0 }),
  ];
}

/** Time until all sessions were online again, ms; NaN if that took longer than the tasks ran. */
async function untilBack(clients: Clients, killedMs: number): Promise<number> {
  while (performance.now() - killedMs <= INSTANCES.tasks.durationMs) {
    await sleep(LOOK_EVERY_MS);
    const { online, sessions, backAfterMs } = await clients.call('sessionCounts');
    if (backAfterMs.length > 0 && online === sessions) return Math.max(...backAfterMs);
  }
  return Number.NaN;
}

/** The instance that decides for all of them is the one that has rooms. */
async function decidingOne<Instance extends { url: string }>(instances: readonly Instance[]): Promise<Instance> {
  for (const instance of instances) {
    const health = await (await fetch(new URL('/healthz', instance.url))).json();
    if (health.counts.rooms > 0) return instance;
  }
  throw new Error('No instance decides.');
}
