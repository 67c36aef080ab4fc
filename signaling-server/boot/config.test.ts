import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { SIGNALING } from '../../shared/protocol-limits.ts';
import { DEFAULT_MAX_INTRODUCTIONS } from '../rooms/introductions.ts';
import { ConfigError, readConfig } from './config.ts';
import { helpText } from './settings.ts';

function problemsOf(argv: string[], env: NodeJS.ProcessEnv = {}): readonly string[] {
  try {
    readConfig(argv, env);
  } catch (cause) {
    if (cause instanceof ConfigError) return cause.problems;
    throw cause;
  }
  return [];
}

const folders: string[] = [];
afterEach(async () => {
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true });
});

async function settingsFile(text: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'p2c2r-'));
  folders.push(folder);
  await writeFile(join(folder, 'p2c2r.env'), text);
  return join(folder, 'p2c2r.env');
}

test('defaults need no setting at all', () => {
  expect(readConfig([], {})).toEqual({
    port: 8080,
    host: 'localhost',
    allowedOrigins: [],
    allowedHosts: [],
    pagesDir: '.build/pages',
    modelsDir: '',
    stateDir: '.build/state',
    roomCapacity: SIGNALING.roomCapacity,
    maxIntroductions: DEFAULT_MAX_INTRODUCTIONS,
    maxSessions: 20_000,
    lobby: false,
    invites: 'optional',
    iceServers: [],
    turnUrls: [],
    turnSecret: '',
    turnTtlS: 600,
    inviteSecret: '',
    logLevel: 'info',
    lan: false,
    httpsPort: 8443,
    tlsCert: '',
    tlsKey: '',
    operatorToken: '',
    publicUrl: '',
    trustedProxies: 0,
    limitFactor: 1,
    drainDelayS: 0,
    redisUrl: '',
    configFile: '',
  });
});

test('flags win over the environment, which wins over the defaults; an empty variable is unset', () => {
  const env = { PORT: '9000', HOST: '0.0.0.0', LOG_LEVEL: '', ALLOWED_ORIGINS: 'https://a.example, https://b.example' };
  expect(readConfig(['--port', '9001', '--room-capacity=5'], env)).toMatchObject({
    port: 9001,
    host: '0.0.0.0',
    roomCapacity: 5,
    logLevel: 'info',
    allowedOrigins: ['https://a.example', 'https://b.example'],
  });
  const iceServers = [{ urls: ['turn:turn.example'], username: 'u', credential: 'c' }];
  expect(readConfig([], { ICE_SERVERS: JSON.stringify(iceServers) })).toMatchObject({ iceServers });
});

test('a settings file gives what neither a flag nor the environment does, secrets included', async () => {
  const secret = 's'.repeat(32);
  const file = await settingsFile(
    `# at home\nPORT=9000\nHOST="0.0.0.0"\nROOM_CAPACITY=7\nINVITE_SECRET=${secret}\nLAN=\n`,
  );
  const expected = { port: 9002, host: '::1', roomCapacity: 7, inviteSecret: secret, lan: false };
  expect(readConfig(['--port', '9002', '--config-file', file], { HOST: '::1' })).toMatchObject(expected);
  expect(readConfig(['--port', '9002'], { HOST: '::1', CONFIG_FILE: file })).toMatchObject(expected);
});

test('problems in a settings file are reported together with all others', async () => {
  const file = await settingsFile('PROT=80\nROOM_CAPACITY=1\nCONFIG_FILE=other.env\n');
  const problems = problemsOf(['--config-file', file, '--port', 'x']);
  expect(problems).toHaveLength(4);
  expect(problems.join('\n')).toContain(`${file} sets PROT, which is not a setting for this file.`);
  expect(problems.join('\n')).toContain(`${file} sets CONFIG_FILE, which is not a setting for this file.`);
  expect(problemsOf(['--config-file', '/nonexistent/file']).join()).toMatch(
    /^CONFIG_FILE is "\/nonexistent\/file", which/,
  );
});

test('a switch needs no value, and takes on or off', () => {
  expect(readConfig(['--lan', '--port', '1'], {})).toMatchObject({ lan: true, port: 1 });
  expect(readConfig(['--lan=off'], { LAN: 'on' })).toMatchObject({ lan: false });
  expect(problemsOf([], { LAN: 'maybe' })).toEqual(['LAN is "maybe": it must be on or off; --lan alone means on.']);
});

test('a certificate and its key are only valid together', () => {
  expect(problemsOf(['--tls-cert', 'a.pem'])).toEqual(['TLS_KEY is missing: TLS_CERT needs it.']);
  expect(problemsOf([], { TLS_KEY: 'a.pem' })).toEqual(['TLS_CERT is missing: TLS_KEY needs it.']);
  expect(problemsOf(['--tls-cert', 'a.pem', '--tls-key', 'b.pem'])).toEqual([]);
});

test('TURN servers and their shared secret are only valid together', () => {
  const TURN_URLS = 'turn:turn.example:3478?transport=udp, turns:turn.example';
  const TURN_SECRET = 's'.repeat(16);
  expect(problemsOf([], { TURN_URLS })).toEqual(['TURN_SECRET is missing: TURN_URLS needs it.']);
  expect(problemsOf([], { TURN_SECRET })).toEqual(['TURN_URLS is missing: TURN_SECRET needs it.']);
  expect(readConfig([], { TURN_URLS, TURN_SECRET })).toMatchObject({
    turnUrls: ['turn:turn.example:3478?transport=udp', 'turns:turn.example'],
    turnSecret: TURN_SECRET,
  });
});

test('every problem is reported at once, with the name of the setting and what it must be', () => {
  const problems = problemsOf(['--prot', '80', '--port=http', '--host', 'a b', '--log-level', 'loud'], {
    ROOM_CAPACITY: '1',
    ICE_SERVERS: '{"urls": "http://x"}',
    ALLOWED_ORIGINS: 'https://ok.example,https://with.example/path',
  });
  expect(problems).toHaveLength(8);
  expect(problems.join('\n')).toContain('There is no flag --prot.');
  expect(problems.join('\n')).toContain('"80" is not a flag.');
  expect(problems.join('\n')).toContain('PORT is "http": it must be a whole number from 0 to 65535.');
  for (const name of ['HOST', 'LOG_LEVEL', 'ROOM_CAPACITY', 'ICE_SERVERS', 'ALLOWED_ORIGINS']) {
    expect(problems.filter((problem) => problem.startsWith(`${name} `))).toHaveLength(1);
  }
});

test.each([
  ['PORT', '-1'],
  ['PORT', '65536'],
  ['PORT', '80.5'],
  ['PORT', '0x50'],
  ['ICE_SERVERS', '[{'],
  ['TURN_TTL_S', '19'],
  ['TRUSTED_PROXIES', '9'],
  ['OPERATOR_TOKEN', 'short'],
  ['DRAIN_DELAY_S', '601'],
  ['MAX_SESSIONS', ''],
])('%s="%s" is refused unless it is empty', (name, value) => {
  expect(problemsOf([], { [name]: value })).toHaveLength(value === '' ? 0 : 1);
});

test('a flag without a value is reported', () => {
  expect(problemsOf(['--port'])).toEqual(['--port needs a value, as in --port=VALUE.']);
});

test('a secret has no flag, and no message repeats it', () => {
  const secret = 'too short';
  expect(problemsOf([], { INVITE_SECRET: secret }).join()).toMatch(/^INVITE_SECRET is invalid: it must be at least 32/);
  expect(problemsOf([], { INVITE_SECRET: secret }).join()).not.toContain(secret);
  expect(problemsOf([`--invite-secret=${secret}`]).join()).toMatch(/set INVITE_SECRET in the environment/);
  expect(helpText()).not.toContain('--invite-secret');
});

test('--help wins over everything else and lists every setting', () => {
  expect(readConfig(['--help', '--port', 'x'], {})).toBeNull();
  const lines = helpText().split('\n');
  expect(lines.filter((line) => line.startsWith('--port '))).toHaveLength(1);
  const row = lines.findIndex((line) => line.startsWith('--port '));
  expect(lines[row]).toMatch(/PORT +8080 +Port for/);
  expect(lines[row + 1]).toMatch(/^ +\(a whole number from 0 to 65535\)$/);
});

test('several instances need the same secret for invites', () => {
  const REDIS_URL = 'redis://:a-password@redis.example:6380/2';
  const INVITE_SECRET = 'a secret of at least thirty-two characters';
  expect(readConfig([], { REDIS_URL, INVITE_SECRET })).toMatchObject({ redisUrl: REDIS_URL });
  expect(() => readConfig([], { REDIS_URL })).toThrow(/INVITE_SECRET is missing/);
  expect(() => readConfig([], { REDIS_URL: 'http://a-password@redis', INVITE_SECRET })).toThrow(
    /^REDIS_URL is invalid/,
  );
});
