import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { keptPort } from '../test-server.ts';

const SHIPPED_SETTINGS = fileURLToPath(new URL('../../deploy/redis.conf', import.meta.url));

/** A Redis of a test's own on this machine, which keeps nothing on disk. `npm test` has seen to it that the program is there. */
export class TestRedis {
  #child: ChildProcess;

  /** @param maxMemory as in redis.conf, such as 16mb */
  static async start(maxMemory = '768mb'): Promise<TestRedis> {
    const port = await keptPort();
    return new TestRedis(port, maxMemory, await launch(port, maxMemory));
  }

  private constructor(
    readonly port: number,
    private readonly maxMemory: string,
    child: ChildProcess,
  ) {
    this.#child = child;
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`;
  }

  /** Ends at once, with all that it knew. */
  async kill(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const ended = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await ended;
  }

  /** On the same port, empty. */
  async startAgain(): Promise<void> {
    this.#child = await launch(this.port, this.maxMemory);
  }
}

async function launch(port: number, maxMemory: string): Promise<ChildProcess> {
  const args = [
    ...[SHIPPED_SETTINGS, '--port', String(port), '--bind', '127.0.0.1', '--daemonize', 'no'],
    ...['--save', '', '--appendonly', 'no', '--maxmemory', maxMemory],
  ];
  const child = spawn('redis-server', args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const isUp = new Promise<boolean>((resolve) => {
    createInterface(child.stdout).on('line', (line) => /Ready to accept connections/.test(line) && resolve(true));
    child.once('exit', () => resolve(false));
  });
  if (!(await isUp)) throw new Error(`redis-server ended before it listened on port ${port}`);
  return child;
}
