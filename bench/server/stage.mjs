import { setPriority } from 'node:os';
import { join } from 'node:path';
import { ensureBuilt } from '../../deploy/build.mjs';
import { ROOT } from '../../deploy/child.mjs';
import { startServer } from '../../e2e/server-process.mjs';
import { answerOf, ask } from '../answer.mjs';
import { cpuSecondsOf } from '../processes.mjs';

/** @typedef {import('../context.mjs').BenchContext} BenchContext */
/** @typedef {import('./opening.ts').ServerKind} ServerKind */
/** @typedef {{ url: string, pid: number, stop(): Promise<void> }} Server */
/** @typedef {<Answer>(question: import('./clients-process.ts').Question) => Promise<Answer>} Clients */

/** All that we measure with comes from one address. */
const WITHOUT_LIMITS = { LIMIT_FACTOR: '0' };
/** nice(1) of a process whose work stands for that of other machines. */
const OF_OTHER_MACHINES = 19;

/**
 * A server in a process of its own, as it is run.
 * @param {BenchContext} context
 * @param {ServerKind} kind
 * @param {{ env?: Record<string, string>, port?: number }} [options] of ours
 * @returns {Promise<Server>}
 */
export async function serve(context, kind, options = {}) {
  if (kind === 'ours') return serveOurs(context, options);
  const child = context.startNode(join(ROOT, 'bench/node', kind === 'bare' ? 'bare-server.mjs' : 'peer-server.mjs'));
  const { port } = /** @type {{ port: number }} */ (await answerOf(child));
  const stop = async () => void child.kill('SIGKILL');
  return { url: `http://localhost:${port}`, pid: child.pid ?? Number.NaN, stop };
}

/**
 * @param {BenchContext} context
 * @param {{ env?: Record<string, string>, port?: number }} [options]
 */
export async function serveOurs(context, { env = WITHOUT_LIMITS, port = 0 } = {}) {
  const server = await startServer(await ensureBuilt(), { env, port });
  context.defer(() => server.stop());
  return server;
}

/**
 * Pages without browsers, in a process of their own.
 * @param {BenchContext} context
 * @param {{ gently?: boolean }} [options] gently: the others' work goes before theirs
 * @returns {Promise<Clients>}
 */
export async function startClients(context, { gently = false } = {}) {
  const [file = ''] = await context.bundle(['bench/server/clients-process.ts']);
  const child = context.startNode(file);
  if (gently && child.pid !== undefined) setPriority(child.pid, OF_OTHER_MACHINES);
  return async (question) => /** @type {any} */ (await ask(child, question));
}

/**
 * @template T
 * @param {Server} server
 * @param {() => Promise<T>} work
 * @returns {Promise<{ value: T, cpuS: number, tookS: number }>} with the processor time that it cost the server
 */
export async function withCpuOf({ pid }, work) {
  const [cpuBeforeS, startedMs] = [await cpuSecondsOf(pid), performance.now()];
  const value = await work();
  const tookS = (performance.now() - startedMs) / 1_000;
  return { value, cpuS: (await cpuSecondsOf(pid)) - cpuBeforeS, tookS };
}
