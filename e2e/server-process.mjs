import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { SetupError } from '../deploy/failure.mjs';

const SUPERVISOR = fileURLToPath(new URL('../deploy/supervisor.mjs', import.meta.url));

/**
 * Starts a build's server on a free port, in a process of its own, as self-hosters do.
 * @param {{ serverFile: string, pagesDir: string }} build
 * @param {{ port?: number, env?: Record<string, string>, isSupervised?: boolean }} [options]
 * @returns {Promise<{ url: string, port: number, pid: number, update(): Promise<void>, stop(): Promise<void>, kill(): Promise<void> }>}
 *   `update` has a supervised server replaced, `stop` is graceful, as SIGTERM
 * @throws {SetupError} when it ends before it listens
 */
export async function startServer({ serverFile, pagesDir }, { port = 0, env = {}, isSupervised = false } = {}) {
  const program = isSupervised ? [SUPERVISOR, serverFile] : [serverFile];
  const child = spawn(process.execPath, [...program, '--port', String(port), '--host', 'localhost'], {
    env: { ...process.env, PAGES_DIR: pagesDir, LOG_LEVEL: 'warn', ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = once(child, 'exit');
  const lines = createInterface(child.stdout);
  /** @returns {Promise<string>} the address that the next server tells when it listens */
  const nextAddress = () =>
    new Promise((resolve) => {
      lines.on('line', function look(line) {
        const url = /is at (\S+)/.exec(line)?.[1];
        if (!url) return;
        lines.off('line', look);
        resolve(url);
      });
    });
  const url = await Promise.race([nextAddress(), ended.then(() => undefined)]);
  if (url === undefined) throw new SetupError('The server ended before it listened; the reason is above.');
  return {
    url,
    port: Number(new URL(url).port),
    pid: child.pid ?? Number.NaN,
    async update() {
      const listening = nextAddress();
      child.kill('SIGUSR2');
      await Promise.race([listening, ended]);
    },
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
