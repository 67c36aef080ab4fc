import { Redis } from 'ioredis';
import { afterEach, expect, test, vi } from 'vitest';
import { TestRedis } from '../store/test-redis.ts';
import { newSessionKey, TestBed } from '../test-server.ts';
import { LockedOut, LockOut, WRONG_INVITES } from './lock-out.ts';

const bed = new TestBed();
afterEach(() => {
  vi.useRealTimers();
  return bed.end();
});

const { limit, windowMs, lockMs } = WRONG_INVITES;

test('too many wrong invites in one window lock an address, and no other, until the lock ends', async () => {
  vi.useFakeTimers();
  const lockOut = new LockOut(1);
  for (let wrong = 1; wrong < limit; wrong++) await lockOut.count('home');
  vi.advanceTimersByTime(windowMs - 1);
  await lockOut.check('home');
  await lockOut.count('home');
  await expect(lockOut.check('home')).rejects.toThrow(LockedOut);
  await expect(lockOut.check('home'), 'says for how long').rejects.toThrow(`${lockMs / 60_000} min`);
  await lockOut.check('elsewhere');
  vi.advanceTimersByTime(lockMs - 1);
  await expect(lockOut.check('home')).rejects.toThrow(LockedOut);
  vi.advanceTimersByTime(1);
  await lockOut.check('home');
  await lockOut.count('home');
  await lockOut.check('home');
});

test('wrong invites are forgotten after a window; a factor of 0 locks nobody out', async () => {
  vi.useFakeTimers();
  const lockOut = new LockOut(1);
  for (let wrong = 1; wrong < limit; wrong++) await lockOut.count('home');
  vi.advanceTimersByTime(windowMs);
  await lockOut.count('home');
  await lockOut.check('home');
  const off = new LockOut(0);
  for (let wrong = 0; wrong < 3 * limit; wrong++) await off.count('home');
  await off.check('home');
});

test('instances with the same Redis share their lock-outs', async () => {
  const server = await TestRedis.start();
  const redis = new Redis(server.url);
  const [here, there] = [new LockOut(1, redis), new LockOut(1, redis)];
  for (let wrong = 0; wrong < limit; wrong++) await (wrong % 2 ? here : there).count('home');
  await expect(here.check('home')).rejects.toThrow(LockedOut);
  await expect(there.check('home')).rejects.toThrow(LockedOut);
  await there.check('elsewhere');
  redis.disconnect();
  await server.kill();
});

test('an address that guesses invites is locked out: its members stay, others may join, and it may try again later', async () => {
  const { url } = await bed.server({ limitFactor: 1, trustedProxies: 1 });
  const from = (address: string, key = newSessionKey()) => bed.page(url, key, { 'x-forwarded-for': address });
  const [home, elsewhere] = ['192.0.2.1', '192.0.2.2'];
  const owner = from(home);
  const { room, pass } = await owner.join({ inviteOnly: true });
  const made = await owner.ask<{ token: string }>('invite', { role: 'volunteer', expiresInS: 3_600 });
  if (!made.ok) throw new Error(made.error.message);
  const invite = made.value.token;
  const guess = (token: string, address = home) => from(address).tryJoin({ room, role: 'volunteer', invite: token });

  // A real invite for another role is not a guess.
  for (let times = 0; times < limit; times++) await from(home).tryJoin({ room, role: 'gamer', invite });
  const wrong = ['nonsense', pass];
  for (let times = 0; times < limit; times++) {
    expect(await guess(wrong[times % 2] ?? '')).toMatchObject({ error: { reason: 'not-invited' } });
  }
  const lockedOut = { reason: 'rate-limited', message: expect.stringMatching(/Too many wrong invites.* 10 min/) };
  expect(await guess(invite), 'a right one is not even looked at').toMatchObject({ error: lockedOut });
  expect(await guess(invite, elsewhere)).toMatchObject({ ok: true });
  expect(await from(home, owner.sessionKey).tryJoin({ room, invite: pass })).toMatchObject({
    value: { resumed: true },
  });
  const metrics = await (await fetch(`${url}metrics`)).text();
  expect(metrics).toContain('p2c2r_refusals_total{event="join",reason="locked-out"} 1');

  vi.setSystemTime(Date.now() + lockMs);
  expect(await guess(invite)).toMatchObject({ ok: true });
});
