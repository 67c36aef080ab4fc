import { spawn, spawnSync } from 'node:child_process';
import { createHmac, randomBytes } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ROOT } from '../deploy/child.mjs';
import { SetupError } from '../deploy/failure.mjs';
import { installDebianPackage } from './debian.mjs';

const PROGRAM = 'turnserver';
const HOST = '127.0.0.1';
const START_TIMEOUT_MS = 10_000;
/** Limit of a fixture that starts a TURN server, ms: it may have to install it first. Fixtures begin before `beforeAll`, which therefore cannot. */
export const TURN_FIXTURE_TIMEOUT_MS = 600_000;
const PROBE_INTERVAL_MS = 50;
/** Lifetime of credentials: longer than any run. */
const CREDENTIALS_LIVE_S = 24 * 3_600;

/**
 * Finds coturn, or installs Debian's package if this is Debian and we are root.
 * @throws {SetupError} with what to do if it cannot be installed
 */
export async function ensureCoturn() {
  if (isThere()) return;
  if (await installDebianPackage('coturn')) {
    if (isThere()) return;
  }
  throw new SetupError('There is no TURN server here. Install coturn, such as: sudo apt-get install coturn');
}

/**
 * A coturn process that listens on this machine only, started as deploy/compose.yaml starts it. Coturn is installed where it is missing.
 * @param {{ publicIp?: string, hasTcp?: boolean, options?: string[], port?: number, secret?: string }} [settings] publicIp: the public address of a
 *   simulated NAT; hasTcp: it can be reached by TCP as well; options: further options of coturn; port and secret: those of one that was stopped
 * @returns {Promise<{ port: number, secret: string, folder: string, credentials: { username: string, credential: string }, stop(): Promise<void> }>}
 * @throws {SetupError} when there is no coturn, or it ends before it answers
 */
export async function startTurnServer({
  publicIp = HOST,
  hasTcp = false,
  options = [],
  port: wanted,
  secret = newSecret(),
} = {}) {
  await ensureCoturn();
  const port = wanted ?? (await freePort());
  const folder = await mkdtemp(join(tmpdir(), 'p2c2r-turn-'));
  const child = spawn(
    'sh',
    [
      join(ROOT, 'deploy/start-coturn.sh'),
      ...[`--listening-ip=${HOST}`, '-p', String(port), '--allow-loopback-peers'],
      ...(hasTcp ? [] : ['--no-tcp']),
      ...['--no-tls', '--no-dtls', '--log-file=stdout', ...options],
    ],
    {
      stdio: 'ignore',
      env: { ...process.env, TURN_SECRET: secret, PUBLIC_IP: publicIp, PRIVATE_IP: HOST, RUN_DIR: folder },
    },
  );
  const ended = once(child, 'exit');
  const stop = async () => {
    if (child.exitCode === null && child.signalCode === null) child.kill('SIGTERM');
    await ended;
    await rm(folder, { recursive: true, force: true });
  };
  const isUp = await Promise.race([answers(port), ended.then(() => false)]);
  if (!isUp) {
    await stop();
    throw new SetupError(`${PROGRAM} does not answer on UDP port ${port}.`);
  }
  return { port, secret, folder, credentials: credentialsOf(secret), stop };
}

/** @param {number} port @param {{ username: string, credential: string }} credentials @returns {RTCIceServer[]} */
export function iceServersAt(port, credentials) {
  return [{ urls: `turn:${HOST}:${port}?transport=udp`, ...credentials }];
}

/**
 * TURN REST credentials, as the coordinator gives them out.
 * @param {string} secret
 * @param {number} [liveS]
 * @param {string} [user] whose quota counts
 */
export function credentialsOf(secret, liveS = CREDENTIALS_LIVE_S, user = 'bench') {
  const username = `${Math.floor(Date.now() / 1_000) + liveS}:${user}`;
  return { username, credential: createHmac('sha1', secret).update(username).digest('base64') };
}

function isThere() {
  return spawnSync(PROGRAM, ['--version'], { stdio: 'ignore' }).error === undefined;
}

function newSecret() {
  return randomBytes(16).toString('hex');
}

async function freePort() {
  const socket = createSocket('udp4').bind(0, HOST);
  await once(socket, 'listening');
  const { port } = socket.address();
  socket.close();
  await once(socket, 'close');
  return port;
}

/** Waits until it answers a STUN binding request (RFC 8489). @param {number} port */
async function answers(port) {
  const request = Buffer.concat([Buffer.from([0, 1, 0, 0, 0x21, 0x12, 0xa4, 0x42]), randomBytes(12)]);
  const socket = createSocket('udp4').bind(0, HOST);
  // A refused request is sent again.
  socket.on('error', () => {});
  let isAnswered = false;
  socket.on('message', () => {
    isAnswered = true;
  });
  await once(socket, 'listening');
  const untilMs = performance.now() + START_TIMEOUT_MS;
  while (!isAnswered && performance.now() < untilMs) {
    socket.send(request, port, HOST);
    await sleep(PROBE_INTERVAL_MS);
  }
  socket.close();
  return isAnswered;
}
