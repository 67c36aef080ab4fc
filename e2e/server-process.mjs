import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { SetupError } from '../deploy/failure.mjs';

/**
 * Starts a build's server on a free port, in a process of its own, as self-hosters do.
 * @param {{ serverFile: string, pagesDir: string }} build
 * @param {{ port?: number, env?: Record<string, string> }} [options]
 * @returns {Promise<{ url: string, port: number, pid: number, stop(): Promise<void>, kill(): Promise<void> }>} `stop` is graceful, as SIGTERM
 * @throws {SetupError} when it ends before it listens
 */
export async function startServer({ serverFile, pagesDir }, { port = 0, env = {} } = {}) {
  const child = spawn(process.execPath, [serverFile, '--port', String(port), '--host', 'localhost'], {
    env: { ...process.env, PAGES_DIR: pagesDir, LOG_LEVEL: 'warn', ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = once(child, 'exit');
  const address = new Promise((resolve) => {
    createInterface(child.stdout).on('line', (line) => {
      const url = /is at (\S+)/.exec(line)?.[1];
      if (url) resolve(url);
    });
  });
  const url = await Promise.race([address, ended.then(() => undefined)]);
  if (url === undefined) throw new SetupError('The server ended before it listened; the reason is above.');
  return {
    url,
    port: Number(new URL(url).port),
    pid: child.pid ?? Number.NaN,
    async stop() {
      if (child.exitCode === null && child.signalCode === null) child.kill('SIGTERM');
      await ended;
    },
    async kill() {
      child.kill('SIGKILL');
      await ended;
    },
  };
}
