import { expect, test } from 'vitest';
import { COORDINATOR } from '../shared/tuning.ts';
import { ConfigError, helpText, readConfig } from './config.ts';

function problemsOf(argv: string[], env: NodeJS.ProcessEnv = {}): readonly string[] {
  try {
    readConfig(argv, env);
  } catch (cause) {
    if (cause instanceof ConfigError) return cause.problems;
    throw cause;
  }
  return [];
}

test('defaults need no setting at all', () => {
  expect(readConfig([], {})).toEqual({
    port: 8080,
    host: 'localhost',
    allowedOrigins: [],
    pagesDir: '.build/pages',
    stateDir: '.build/state',
    roomCapacity: COORDINATOR.roomCapacity,
    maxIntroductions: COORDINATOR.maxIntroductions,
    maxSessions: COORDINATOR.maxSessions,
    lobby: false,
    iceServers: [],
    inviteSecret: '',
    logLevel: 'info',
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

test('every problem is told at once, with the setting’s name and what would be right', () => {
  const problems = problemsOf(['--prot', '80', '--port=http', '--host', 'a b', '--log-level', 'loud'], {
    ROOM_CAPACITY: '1',
    ICE_SERVERS: '{"urls": "http://x"}',
    ALLOWED_ORIGINS: 'https://ok.example,https://with.example/path',
  });
  expect(problems).toHaveLength(8);
  expect(problems.join('\n')).toContain('There is no flag --prot.');
  expect(problems.join('\n')).toContain('"80" is not a flag.');
  expect(problems.join('\n')).toContain(
    'PORT is "http", which is not right: it must be a whole number from 0 to 65535.',
  );
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
  ['MAX_SESSIONS', ''],
])('of %s="%s" only nonsense is refused', (name, value) => {
  expect(problemsOf([], { [name]: value })).toHaveLength(value === '' ? 0 : 1);
});

test('a flag without its value says so', () => {
  expect(problemsOf(['--port'])).toEqual(['--port needs a value, as in --port=VALUE.']);
});

test('the secret is neither a flag nor in a message', () => {
  const secret = 'too short';
  expect(problemsOf([], { INVITE_SECRET: secret }).join()).toMatch(
    /^INVITE_SECRET is not right: it must be at least 32/,
  );
  expect(problemsOf([], { INVITE_SECRET: secret }).join()).not.toContain(secret);
  expect(problemsOf([`--invite-secret=${secret}`]).join()).toMatch(/give it in the environment as INVITE_SECRET/);
  expect(helpText()).not.toContain('--invite-secret');
});

test('--help wins, and lists every setting', () => {
  expect(readConfig(['--help', '--port', 'x'], {})).toBeNull();
  const lines = helpText().split('\n');
  expect(lines.filter((line) => line.startsWith('--port '))).toHaveLength(1);
  expect(lines.find((line) => line.startsWith('--port '))).toMatch(/PORT +8080 +Port of/);
});
