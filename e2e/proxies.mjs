import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { installDebianPackage } from './debian.mjs';

/** Debian's packages of the proxies that tests put in front of a server, by the command that tells their version. */
const PROXIES = [
  { packageName: 'nginx-light', command: 'nginx', argument: '-v' },
  { packageName: 'caddy', command: 'caddy', argument: 'version' },
  // Without the service that the package apache2 would start.
  { packageName: 'apache2-bin', command: 'apache2', argument: '-v' },
];

/**
 * Installs those of these proxies that are missing, if this is Debian and we are root. Tests of those that cannot be installed are skipped.
 * @param {readonly string[]} commands
 */
export async function installProxies(commands) {
  const wanted = PROXIES.filter(({ command }) => commands.includes(command));
  const missing = wanted.filter(({ command }) => !hasProxy(command)).map(({ packageName }) => packageName);
  if (missing.length > 0) await installDebianPackage(missing.join(' '));
}

/**
 * @param {string} command nginx, caddy or apache2
 * @returns {boolean} whether it is installed
 */
export function hasProxy(command) {
  const proxy = PROXIES.find((known) => known.command === command);
  return proxy !== undefined && spawnSync(command, [proxy.argument], { stdio: 'ignore' }).status === 0;
}

/** Defines the `$connection_upgrade` of nginx's WebSockets, beside the `server` blocks. */
export const UPGRADE_MAP = "map $http_upgrade $connection_upgrade { default upgrade; '' close; }";

/** Only ends what hangs. */
const START_TIMEOUT_MS = 10_000;

/**
 * Starts nginx, in one process: ending it leaves no worker behind.
 * @param {string} folder for its files
 * @param {string} servers `server` blocks that listen on `ports`; `$connection_upgrade` is what their WebSockets need
 * @param {readonly number[]} ports
 * @returns {Promise<() => Promise<void>>} what ends it
 */
export async function startNginx(folder, servers, ports) {
  const file = join(folder, 'nginx.conf');
  const paths = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (name) => `${name}_temp_path ${folder}/${name};`,
  );
  const main = `daemon off; master_process off; pid ${folder}/pid; error_log ${folder}/error.log; events {}`;
  await writeFile(file, `${main} http { access_log off; ${paths.join(' ')} ${UPGRADE_MAP} ${servers} }`);
  return start('nginx', ['-c', file, '-p', folder, '-e', join(folder, 'error.log')], folder, ports);
}

/**
 * Starts Caddy without its administration and without certificates.
 * @param {string} folder for its files
 * @param {string} sites of a Caddyfile, on `ports`
 * @param {readonly number[]} ports
 * @returns {Promise<() => Promise<void>>} what ends it
 */
export async function startCaddy(folder, sites, ports) {
  const file = join(folder, 'Caddyfile');
  await writeFile(file, `{\n admin off\n auto_https off\n}\n${sites}`);
  return start('caddy', ['run', '--config', file, '--adapter', 'caddyfile'], folder, ports);
}

/** Where Debian's package has them. */
const APACHE_MODULES = '/usr/lib/apache2/modules';

/**
 * Starts Apache, in one process.
 * @param {string} folder for its files
 * @param {string} rules for all that it is asked
 * @param {readonly string[]} modules that they need, besides those that every Apache needs
 * @param {number} port
 * @returns {Promise<() => Promise<void>>} what ends it
 */
export async function startApache(folder, rules, modules, port) {
  const file = join(folder, 'apache2.conf');
  const loaded = ['mpm_event', 'authz_core', ...modules].map(
    (name) => `LoadModule ${name}_module ${APACHE_MODULES}/mod_${name}.so`,
  );
  // Root starts it as nobody; others start it as themselves.
  const main = [
    `ServerRoot ${folder}`,
    `Listen 127.0.0.1:${port}`,
    'ServerName 127.0.0.1',
    'User #65534',
    'Group #65534',
  ];
  const files = [`PidFile ${folder}/pid`, `ErrorLog ${folder}/error.log`, `DefaultRuntimeDir ${folder}`];
  await writeFile(file, [...main, ...files, ...loaded, rules].join('\n'));
  return start('apache2', ['-X', '-f', file], folder, [port]);
}

/**
 * @param {string} command
 * @param {string[]} args
 * @param {string} folder
 * @param {readonly number[]} ports
 */
async function start(command, args, folder, ports) {
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

/**
 * @param {number} port
 * @returns {Promise<boolean>}
 */
function isOpen(port) {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.destroy();
      resolve(true);
    });
    socket.on('error', () => resolve(false));
  });
}
