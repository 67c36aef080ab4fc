import { Redis } from 'ioredis';
import { afterEach, expect, test } from 'vitest';
import { TestRedis } from '../store/test-redis.ts';
import { testConfig } from '../test-server.ts';
import { openLog } from './log.ts';

/** Logs are read by more people than secrets are for. */
const PASSWORD = 'pass/word of redis';
const SECRETS = {
  redisUrl: `redis://user:${encodeURIComponent(PASSWORD)}@redis.example:6379/2`,
  turnSecret: 'the secret of the relay',
  inviteSecret: 'the secret of invites, long enough',
  operatorToken: 'the token of an operator',
  iceServers: [{ urls: 'turn:turn.example', username: 'u', credential: 'of a fixed relay' }],
};

let redis: TestRedis | null = null;
afterEach(() => redis?.kill());

function logged(): { log: ReturnType<typeof openLog>; lines: string[] } {
  const lines: string[] = [];
  const config = testConfig({ ...SECRETS, logLevel: 'trace' });
  return { log: openLog(config, { write: (line) => void lines.push(line) }), lines };
}

test('an error of Redis is logged without its command, which holds members, credentials and passwords', async () => {
  redis = await TestRedis.start();
  const client = new Redis(redis.url);
  const { log, lines } = logged();
  for (const command of [
    client.call('AUTH', 'user', 'a password'),
    client.eval('return redis.call("NONE")', 1, 'key', 'credential of ann'),
  ]) {
    const cause: unknown = await command.then(
      () => null,
      (error: unknown) => error,
    );
    expect(cause).toMatchObject({ command: { args: expect.anything() } });
    log.error({ err: cause }, 'failed');
  }
  client.disconnect();
  expect(lines).toHaveLength(2);
  expect(JSON.parse(lines[0] ?? '').err).toMatchObject({ type: 'ReplyError', message: expect.any(String) });
  expect(lines.join()).not.toMatch(/a password|credential of ann/);
});

test('no secret setting appears in the log, even when an error contains it', () => {
  const { log, lines } = logged();
  const secrets = [PASSWORD, SECRETS.redisUrl, SECRETS.turnSecret, SECRETS.inviteSecret, SECRETS.operatorToken];
  for (const secret of [...secrets, 'of a fixed relay']) {
    log.warn({ err: new Error(`cannot use ${secret}!`, { cause: new Error(secret) }) }, 'failed');
    log.warn({ err: `cannot use ${secret}!` }, 'failed');
  }
  for (const secret of [...secrets, 'of a fixed relay']) expect(lines.join()).not.toContain(secret);
  expect(lines[0]).toContain('cannot use [secret]!');
});
