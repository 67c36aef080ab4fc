import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { fileURLToPath } from 'node:url';

/** The checkout, whatever folder the command was started from. */
export const ROOT = fileURLToPath(new URL('..', import.meta.url));

/** How long a child may take to stop when asked, before it is made to. */
const STOP_GRACE_MS = 5_000;

/** @type {readonly NodeJS.Signals[]} */
const STOP_SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'];

/**
 * @typedef {object} ChildOptions
 * @property {string} [cwd] default: the checkout
 * @property {Record<string, string>} [env] added to ours
 * @property {number} [timeoutMs] after which it is ended with all it started; default: never
 * @property {boolean} [quiet] keeps what it writes in `output` instead of passing it on
 */

/**
 * @typedef {object} ChildEnd
 * @property {number} code its exit code; 128 and more when a signal ended it
 * @property {string} output what it wrote to both streams, when `quiet`
 * @property {boolean} timedOut
 */

/**
 * Runs a program to its end. It leads a process group of its own, so that a timeout or Ctrl+C also ends the browsers and
 * helpers that it started; a signal to us is passed on to the group, and we end with it.
 * @param {string} program
 * @param {readonly string[]} args
 * @param {ChildOptions} [options]
 * @returns {Promise<ChildEnd>} rejects when the program cannot be started
 */
export function runChild(program, args, { cwd = ROOT, env = {}, timeoutMs, quiet = false } = {}) {
  const hasGroups = process.platform !== 'win32';
  const child = spawn(program, args, {
    cwd,
    env: { ...process.env, ...env },
    stdio: quiet ? ['ignore', 'pipe', 'pipe'] : ['ignore', 'inherit', 'inherit'],
    detached: hasGroups,
    // npm is a batch file on Windows.
    shell: !hasGroups && program === 'npm',
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (/** @type {string} */ text) => {
      output += text;
    });
  }

  /** @param {NodeJS.Signals} signal */
  const signalAll = (signal) => {
    if (child.pid === undefined) return;
    try {
      if (hasGroups) process.kill(-child.pid, signal);
      else child.kill(signal);
    } catch {
      // Nobody is left in the group.
    }
  };
  /** @type {NodeJS.Timeout | undefined} */
  let lastResort;
  /** @param {NodeJS.Signals} signal */
  const stop = (signal) => {
    signalAll(signal);
    lastResort ??= setTimeout(() => signalAll('SIGKILL'), STOP_GRACE_MS);
  };
  let timedOut = false;
  const deadline =
    timeoutMs === undefined
      ? undefined
      : setTimeout(() => {
          timedOut = true;
          stop('SIGTERM');
        }, timeoutMs);
  /** @type {NodeJS.Signals | undefined} */
  let askedToStop;
  /** @param {NodeJS.Signals} signal */
  const onSignal = (signal) => {
    askedToStop = signal;
    stop(signal);
  };
  for (const signal of STOP_SIGNALS) process.on(signal, onSignal);

  return new Promise((resolve, reject) => {
    const settle = () => {
      clearTimeout(deadline);
      clearTimeout(lastResort);
      for (const signal of STOP_SIGNALS) process.off(signal, onSignal);
      // What it left behind goes with it.
      if (timedOut || askedToStop) signalAll('SIGKILL');
      if (askedToStop) process.exit(exitCodeOf(null, askedToStop));
    };
    child.once('error', (cause) => {
      settle();
      reject(cause);
    });
    child.once('close', (code, signal) => {
      settle();
      resolve({ code: exitCodeOf(code, signal), output, timedOut });
    });
  });
}

/**
 * A shell's convention for what a signal ended.
 * @param {number | null} code
 * @param {NodeJS.Signals | null} signal
 */
function exitCodeOf(code, signal) {
  return code ?? 128 + (signal ? constants.signals[signal] : 0);
}
