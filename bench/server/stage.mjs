import { join } from 'node:path';
import { ensureBuilt } from '../../deploy/build.mjs';
import { ROOT } from '../../deploy/child.mjs';
import { startServer } from '../../e2e/server-process.mjs';
import { answerOf, ask } from '../answer.mjs';

/** @typedef {import('./opening.ts').ServerKind} ServerKind */
/** @typedef {{ url: string, pid: number, stop(): Promise<void> }} Server */

/** All that we measure with comes from one address. */
const WITHOUT_LIMITS = { LIMIT_FACTOR: '0' };

/**
 * A server in a process of its own, as it is run.
 * @param {import('../context.mjs').BenchContext} context
 * @param {ServerKind} kind
 * @param {{ env?: Record<string, string>, port?: number }} [options] of ours
 * @returns {Promise<Server>}
 */
export async function serve(context, kind, { env = WITHOUT_LIMITS, port = 0 } = {}) {
  if (kind === 'ours') {
    const server = await startServer(await ensureBuilt(), { env, port });
    context.defer(() => server.stop());
    return server;
  }
  const file = kind === 'bare' ? 'bare-server.mjs' : 'peer-server.mjs';
  const child = context.startNode(join(ROOT, 'bench/node', file));
  const { port: taken } = /** @type {{ port: number }} */ (await answerOf(child));
  const stop = async () => void child.kill('SIGKILL');
  return { url: `http://localhost:${taken}`, pid: child.pid ?? Number.NaN, stop };
}

/**
 * Pages without browsers, in a process of their own.
 * @param {import('../context.mjs').BenchContext} context
 * @returns {Promise<<Answer>(question: import('./clients-process.ts').Question) => Promise<Answer>>}
 */
export async function startClients(context) {
  const [file = ''] = await context.bundle(['bench/server/clients-process.ts']);
  const child = context.startNode(file);
  return async (question) => /** @type {any} */ (await ask(child, question));
}
