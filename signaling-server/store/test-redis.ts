import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { createInterface } from 'node:readline';

/** A Redis server for one test, which keeps nothing on disk. `npm test` has checked that the program is installed. */
export class TestRedis {
  #child: ChildProcess;

  static async start(): Promise<TestRedis> {
    const port = await freePort();
    return new TestRedis(port, await launch(port));
  }

  private constructor(
    readonly port: number,
    child: ChildProcess,
  ) {
    this.#child = child;
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`;
  }

  /** Ends it at once, with all its data. */
  async kill(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const ended = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await ended;
  }

  /** Starts it again on the same port, empty. */
  async startAgain(): Promise<void> {
    this.#child = await launch(this.port);
  }
}

async function launch(port: number): Promise<ChildProcess> {
  const args = ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no', '--daemonize', 'no'];
  const child = spawn('redis-server', args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const isUp = new Promise<boolean>((resolve) => {
    createInterface(child.stdout).on('line', (line) => /Ready to accept connections/.test(line) && resolve(true));
    child.once('exit', () => resolve(false));
  });
  if (!(await isUp)) throw new Error(`redis-server ended before it listened on port ${port}`);
  return child;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
