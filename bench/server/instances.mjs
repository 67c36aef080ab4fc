import { setTimeout as sleep } from 'node:timers/promises';
import { SetupError } from '../../deploy/failure.mjs';
import { ensureRedis } from '../../e2e/redis.mjs';
import { answerOf, ask } from '../answer.mjs';
import { figure, said } from '../rows.mjs';
import { serveOurs } from './stage.mjs';

const INSTANCES = 3;
const SESSIONS = 240;
const SIGNAL_EVERY_MS = 250;
const VOLUNTEERS = 4;
/** From before the kill until long after everybody must be back. */
const TASKS = { durationMs: 20_000, sizeBytes: 1_024, window: 32 };
const KILL_AFTER_MS = 4_000;
/** After the last is back: signals that reach everybody again. */
const CALM_MS = 2_000;
const LOOK_EVERY_MS = 200;

/** @typedef {import('./sessions.ts').Standing} Standing */
/** @typedef {Awaited<ReturnType<typeof serveOurs>>} Instance */

/**
 * Three instances over one Redis, behind a balancer without stickiness; the one that decides for all is killed while sessions
 * signal and linked volunteers work.
 * @param {import('../context.mjs').BenchContext} context
 * @param {import('./stage.mjs').Clients} clients
 */
export async function measureInstances(context, clients) {
  try {
    await ensureRedis();
  } catch (cause) {
    if (cause instanceof SetupError) return [said('3 instances, one killed', cause.message)];
    throw cause;
  }
  const { instances, url } = await openSite(context);
  const gamer = await linkOverSite(context, url);
  await clients({ kind: 'join', url, count: SESSIONS });
  await clients({ kind: 'begin', everyMs: SIGNAL_EVERY_MS });
  const working = /** @type {Promise<import('../node/gamer.ts').EchoFigures>} */ (ask(gamer));
  // Awaited below; what fails before that ends the section by itself.
  working.catch(() => {});
  await sleep(KILL_AFTER_MS);
  const victim = await deciderOf(instances);
  const { sockets } = await countsOf(victim);
  await clients({ kind: 'brace' });
  const killedMs = performance.now();
  await victim.kill();
  const backMs = await untilBack(clients, killedMs);
  await sleep(CALM_MS);
  await clients({ kind: 'rest' });
  const tasks = await working;
  /** @type {Standing} */
  const end = await clients({ kind: 'standing' });
  await clients({ kind: 'part' });
  context.say(`instances: ${end.backAfterMs.length} of ${sockets} sockets' sessions back, ${tasks.done} tasks done`);
  return [
    figure(
      '3 instances, one killed: sessions lost',
      end.lost + end.others + end.forgotten + SESSIONS - end.online,
      '',
      {
        atMost: 0,
        note: `of ${SESSIONS}; ${end.backAfterMs.length} were away, all back after ${backMs.toFixed(0)} ms; ${end.signalsSent - end.signalsArrived} of ${end.signalsSent} signals were lost`,
      },
    ),
    figure('sessions that the kill cut off', end.backAfterMs.length, '', { atLeast: 1 }),
    figure('3 instances, one killed: tasks lost', tasks.failed + tasks.wrong, '', {
      atMost: 0,
      note: `${tasks.done} done by ${tasks.busyVolunteers} volunteers meanwhile`,
    }),
    figure('tasks done meanwhile', tasks.done, '', { above: 0 }),
  ];
}

/** @param {import('../context.mjs').BenchContext} context */
async function openSite(context) {
  /** @type {typeof import('./site.ts')} */
  const { TestRedis, Balancer } = await context.load('bench/server/site.ts');
  const redis = await TestRedis.start();
  context.defer(() => redis.kill());
  const env = { REDIS_URL: redis.url, INVITE_SECRET: 'the same for all instances of this bench', LIMIT_FACTOR: '0' };
  const instances = await Promise.all(Array.from({ length: INSTANCES }, () => serveOurs(context, { env })));
  const balancer = await Balancer.start(instances.map(({ port }) => port));
  context.defer(() => balancer.stop());
  return { instances, url: balancer.url };
}

/**
 * @param {import('../context.mjs').BenchContext} context
 * @param {string} url
 * @returns {Promise<import('node:child_process').ChildProcess>} a gamer with links to volunteers of its own
 */
async function linkOverSite(context, url) {
  const [volunteersFile = '', gamerFile = ''] = await context.bundle([
    'bench/node/volunteers-process.ts',
    'bench/node/gamer-process.ts',
  ]);
  const room = 'linked';
  await answerOf(context.startNode(volunteersFile, [JSON.stringify({ url, room, count: VOLUNTEERS })]));
  const gamer = context.startNode(gamerFile, [JSON.stringify({ url, room, volunteers: VOLUNTEERS, load: TASKS })]);
  await answerOf(gamer);
  return gamer;
}

/**
 * @param {import('./stage.mjs').Clients} clients
 * @param {number} killedMs
 * @returns {Promise<number>} how long it took until all were online, ms; NaN when that is not within the tasks' time
 */
async function untilBack(clients, killedMs) {
  for (;;) {
    await sleep(LOOK_EVERY_MS);
    /** @type {Standing} */
    const { online, sessions, backAfterMs } = await clients({ kind: 'standing' });
    const sinceMs = performance.now() - killedMs;
    if (backAfterMs.length > 0 && online === sessions) return Math.max(...backAfterMs);
    if (sinceMs > TASKS.durationMs) return Number.NaN;
  }
}

/** @param {readonly Instance[]} instances the one that knows rooms */
async function deciderOf(instances) {
  for (const instance of instances) if ((await countsOf(instance)).rooms > 0) return instance;
  throw new Error('No instance decides.');
}

/** @param {Instance} instance @returns {Promise<{ sockets: number, rooms: number }>} */
async function countsOf({ url }) {
  return (await (await fetch(new URL('/healthz', url))).json()).counts;
}
