import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { fileURLToPath } from 'node:url';
import { hasCode } from './failure.mjs';

/** Absolute path of the checkout, whatever folder the command was started from. */
export const ROOT = fileURLToPath(new URL('..', import.meta.url));

/** How long a child may take to stop before it is killed. */
const STOP_GRACE_MS = 5_000;

/** @type {readonly NodeJS.Signals[]} */
const STOP_SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'];

/**
 * @typedef {object} ChildOptions
 * @property {string} [cwd] default: the checkout
 * @property {Record<string, string>} [env] added to this process's environment
 * @property {number} [timeoutMs] after which the child and everything it started are ended; default: never
 * @property {boolean} [quiet] collects the output instead of passing it on
 */

/**
 * @typedef {object} ChildEnd
 * @property {number} code the exit code; 128 plus its number when a signal ended the child
 * @property {string} output of both streams, when `quiet`
 * @property {boolean} timedOut
 */

/**
 * Runs a program to its end. The program leads a process group of its own, so that a timeout or Ctrl+C also ends the browsers and
 * helpers that it started. A signal to this process is passed on to the group, and this process ends with it.
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
      // The group is empty.
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
  let receivedSignal;
  /** @param {NodeJS.Signals} signal */
  const onSignal = (signal) => {
    receivedSignal = signal;
    stop(signal);
  };
  for (const signal of STOP_SIGNALS) process.on(signal, onSignal);

  return new Promise((resolve, reject) => {
    const settle = () => {
      clearTimeout(deadline);
      clearTimeout(lastResort);
      for (const signal of STOP_SIGNALS) process.off(signal, onSignal);
      // Also end processes that the child left behind.
      if (timedOut || receivedSignal) signalAll('SIGKILL');
      if (receivedSignal) process.exit(exitCodeOf(null, receivedSignal));
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
 * Exit codes follow the convention of shells: 128 plus the signal's number.
 * @param {number | null} code
 * @param {NodeJS.Signals | null} signal
 */
function exitCodeOf(code, signal) {
  return code ?? 128 + (signal ? constants.signals[signal] : 0);
}

/** @param {number} pid */
export function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (cause) {
    // EPERM: it is alive, but belongs to another user.
    return hasCode(cause, 'EPERM');
  }
}

const PARENT_POLL_MS = 250;

/**
 * Ends this process when npm is asked to end. npm passes a signal on to the shell between it and this process, and a shell that a
 * signal ends (dash, for example) leaves this process running, with its port or browsers still open. Without npm nothing is watched,
 * since a server may well outlive the shell that started it.
 */
export function endWithNpm() {
  if (!process.env.npm_lifecycle_event) return;
  const parent = process.ppid;
  const timer = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(timer);
    process.kill(process.pid, 'SIGTERM');
  }, PARENT_POLL_MS);
  timer.unref();
}
