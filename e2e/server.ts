import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

/** A signaling server of a build, as a process of its own: what self-hosters run. */
export interface RunningServer {
  url: string;
  port: number;
  /** As SIGTERM does: gracefully. */
  stop(): Promise<void>;
}

const START_TIMEOUT_MS = 30_000;

/** Starts the build's server on a free port, or on `port`. */
export async function startServer({
  port = 0,
  env = {},
}: {
  port?: number;
  env?: Record<string, string>;
} = {}): Promise<RunningServer> {
  const build = process.env.P2C2R_BUILD;
  if (!build) throw new Error('P2C2R_BUILD names no build; run npm test.');
  const child = spawn(
    process.execPath,
    [join(build, 'server/main.js'), '--port', String(port), '--host', 'localhost'],
    {
      env: { ...process.env, PAGES_DIR: join(build, 'pages'), LOG_LEVEL: 'warn', ...env },
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  const url = await addressOf(child);
  return { url, port: Number(new URL(url).port), stop: () => stop(child) };
}

function addressOf(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error('The server did not start in time.')), START_TIMEOUT_MS);
    child.once('exit', (code) => reject(new Error(`The server ended with code ${code} before it listened.`)));
    if (!child.stdout) return;
    createInterface(child.stdout).on('line', (line) => {
      const [, url] = /is at (\S+)/.exec(line) ?? [];
      if (!url) return;
      clearTimeout(timer);
      child.removeAllListeners('exit');
      resolve(url);
    });
  });
}

function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return Promise.resolve();
  return new Promise((resolve) => {
    child.once('exit', () => resolve());
    child.kill('SIGTERM');
  });
}
