import cluster from 'node:cluster';
import { once } from 'node:events';
import { constants } from 'node:os';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

/** How long a new server may take until it listens, ms, before the old one is kept. */
const START_TIMEOUT_MS = 30_000;

/** How long a replaced server may take to end, ms, before it is killed: a graceful stop takes 4 s (signaling-server/server.ts), and the new one waits for its data. */
const END_TIMEOUT_MS = 10_000;

/** @typedef {import('node:cluster').Worker} Worker */

/**
 * @typedef {object} Program
 * @property {string} serverFile absolute path
 * @property {Record<string, string>} [env] added to this process's environment
 */

/**
 * Runs the server in a process of its own, and replaces that by a newer one while its port stays open: the new one listens on the same
 * socket before the old one stops, so no connection is refused. Pages that lose their socket to the old one reconnect by themselves.
 * This process passes signals on, and ends as the server does.
 */
export class Supervisor {
  /** @type {Worker} */
  #current;
  #isReplacing = false;
  /** @type {readonly string[]} */
  #args;
  #endTimeoutMs;

  /**
   * @param {Program} program
   * @param {object} [options]
   * @param {readonly string[]} [options.args] flags of the server; default: those of this process
   * @param {number} [options.endTimeoutMs]
   */
  constructor(program, { args = process.argv.slice(2), endTimeoutMs = END_TIMEOUT_MS } = {}) {
    this.#args = args;
    this.#endTimeoutMs = endTimeoutMs;
    // Each server accepts its connections itself, without a detour through this process.
    cluster.schedulingPolicy = cluster.SCHED_NONE;
    for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM'])) {
      process.on(signal, () => {
        for (const worker of Object.values(cluster.workers ?? {})) worker?.process.kill(signal);
      });
    }
    this.#current = this.#start(program, {});
  }

  /**
   * Resolves when a new server has taken the place of the present one, and that has ended.
   * @param {Program} program
   * @throws {Error} when the new one does not listen; the present one goes on
   */
  async replace(program) {
    if (this.#isReplacing) throw new Error('The server is being replaced already.');
    this.#isReplacing = true;
    try {
      const old = this.#current;
      const next = this.#start(program, { P2C2R_HAS_PREDECESSOR: 'yes' });
      await listening(next);
      this.#current = next;
      if (!old.isDead()) {
        tell(old, 'replaced');
        await this.#ended(old);
      }
      tell(next, 'predecessor ended');
    } finally {
      this.#isReplacing = false;
      if (this.#current.isDead()) endAs(this.#current);
    }
  }

  /**
   * @param {Program} program
   * @param {Record<string, string>} env
   */
  #start({ serverFile, env: ofProgram = {} }, env) {
    cluster.setupPrimary({ exec: serverFile, args: [...this.#args] });
    const worker = cluster.fork({ ...ofProgram, ...env });
    worker.on('exit', () => {
      // Another one, which starts, may yet serve in its place; and one that is replaced may still finish its requests.
      if (worker === this.#current && !this.#isReplacing) endAs(worker);
    });
    return worker;
  }

  /** @param {Worker} worker */
  async #ended(worker) {
    const timer = setTimeout(() => worker.process.kill('SIGKILL'), this.#endTimeoutMs);
    await once(worker, 'exit');
    clearTimeout(timer);
  }
}

/**
 * @param {Worker} worker
 * @param {string} message
 */
function tell(worker, message) {
  // Without a callback, a worker that has just ended would end this process with an error.
  worker.send(message, () => {});
}

/** @param {Worker} worker one that has ended */
function endAs({ process: { exitCode, signalCode } }) {
  process.exit(exitCode ?? 128 + (signalCode ? constants.signals[signalCode] : 0));
}

/** @param {Worker} worker */
async function listening(worker) {
  const failed = new AbortController();
  const timer = setTimeout(() => failed.abort(), START_TIMEOUT_MS);
  worker.once('exit', () => failed.abort());
  try {
    await once(worker, 'message', { signal: failed.signal });
  } catch {
    worker.process.kill('SIGKILL');
    throw new Error('The new server does not start; the reason is in the output of the present one, which goes on.');
  } finally {
    clearTimeout(timer);
  }
}

// node deploy/supervisor.mjs SERVER_FILE runs that file, and the file that is there by then on SIGUSR2, as deploy/p2c2r.service does.
const [, thisFile = '', serverFile, ...flags] = process.argv;
if (serverFile && resolve(thisFile) === fileURLToPath(import.meta.url)) {
  const program = { serverFile: resolve(serverFile) };
  const supervisor = new Supervisor(program, { args: flags });
  process.on('SIGUSR2', () => void supervisor.replace(program).catch(({ message }) => console.error(message)));
}
