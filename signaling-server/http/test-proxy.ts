import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** Only ends what hangs. */
const START_TIMEOUT_MS = 10_000;

/** @param servers `server` blocks that listen on `ports`. @returns what ends it */
export async function startNginx(folder: string, servers: string, ports: readonly number[]): Promise<() => unknown> {
  const file = join(folder, 'nginx.conf');
  const paths = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (name) => `${name}_temp_path ${folder}/${name};`,
  );
  // Alone in one process, so that ending it leaves no worker behind.
  const main = `daemon off; master_process off; pid ${folder}/pid; error_log ${folder}/error.log; events {}`;
  const upgrade = 'map $http_upgrade $connection_upgrade { default upgrade; "" close; }';
  await writeFile(file, `${main} http { access_log off; ${paths.join(' ')} ${upgrade} ${servers} }`);
  return start('nginx', ['-c', file, '-p', folder, '-e', join(folder, 'error.log')], folder, ports);
}

/** @param sites of a Caddyfile, on `ports`. @returns what ends it */
export async function startCaddy(folder: string, sites: string, ports: readonly number[]): Promise<() => unknown> {
  const file = join(folder, 'Caddyfile');
  await writeFile(file, `{\n admin off\n auto_https off\n}\n${sites}`);
  return start('caddy', ['run', '--config', file, '--adapter', 'caddyfile'], folder, ports);
}

async function start(command: string, args: string[], folder: string, ports: readonly number[]) {
  const child = spawn(command, args, {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { PATH: process.env.PATH, HOME: folder, XDG_DATA_HOME: folder, XDG_CONFIG_HOME: folder, GOMAXPROCS: '1' },
  });
  let complaints = '';
  child.stderr.on('data', (data) => {
    complaints += data;
  });
  const startedAtMs = performance.now();
  while (!(await Promise.all(ports.map(isOpen))).every(Boolean)) {
    const isOver = child.exitCode !== null || performance.now() - startedAtMs > START_TIMEOUT_MS;
    if (isOver) {
      child.kill();
      throw new Error(`${command} does not listen on ${ports.join(', ')}: ${complaints}`);
    }
    await sleep(20);
  }
  return async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGKILL');
    await once(child, 'exit');
  };
}

function isOpen(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.destroy();
      resolve(true);
    });
    socket.on('error', () => resolve(false));
  });
}
