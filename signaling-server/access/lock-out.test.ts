import { afterEach, expect, test } from 'vitest';
import { ManualServerClock } from '../test-clock.ts';
import { newSessionKey, TestBed } from '../test-server.ts';
import { COORDINATOR } from '../tuning.ts';
import { LockedOut, LockOut } from './lock-out.ts';

/** Ten wrong invites lock an address out for a while, and nobody else. */
const bed = new TestBed();
afterEach(() => bed.end());

const { most, windowMs, lockMs } = COORDINATOR.wrongInvites;

test('so many wrong ones in a window lock an address, and no other, until the lock ends', () => {
  const clock = new ManualServerClock();
  const lockOut = new LockOut(clock, 1);
  for (let wrong = 1; wrong < most; wrong++) lockOut.count('home');
  clock.advance(windowMs - 1);
  lockOut.check('home');
  lockOut.count('home');
  expect(() => lockOut.check('home')).toThrow(LockedOut);
  expect(() => lockOut.check('home'), 'says for how long').toThrow(`${lockMs / 60_000} min`);
  lockOut.check('elsewhere');
  clock.advance(lockMs - 1);
  expect(() => lockOut.check('home')).toThrow(LockedOut);
  clock.advance(1);
  lockOut.check('home');
  lockOut.count('home');
  lockOut.check('home');
});

test('wrong ones are forgotten after a window; a factor of 0 locks nobody out', () => {
  const clock = new ManualServerClock();
  const lockOut = new LockOut(clock, 1);
  for (let wrong = 1; wrong < most; wrong++) lockOut.count('home');
  clock.advance(windowMs);
  lockOut.count('home');
  lockOut.check('home');
  const off = new LockOut(clock, 0);
  for (let wrong = 0; wrong < 3 * most; wrong++) off.count('home');
  off.check('home');
});

test('an address that guesses is told so and counted; members there stay, others come, and it may try again later', async () => {
  const clock = new ManualServerClock();
  const { url } = await bed.server({ limitFactor: 1, trustedProxies: 1 }, clock);
  const from = (address: string, key = newSessionKey()) => bed.page(url, key, { 'x-forwarded-for': address });
  const [home, elsewhere] = ['192.0.2.1', '192.0.2.2'];
  const owner = from(home);
  const { room, pass } = await owner.join({ inviteOnly: true });
  const made = await owner.ask<{ token: string }>('invite', { role: 'volunteer', expiresInS: 3_600 });
  if (!made.ok) throw new Error(made.error.message);
  const invite = made.value.token;
  const guess = (token: string, address = home) => from(address).tryJoin({ room, role: 'volunteer', invite: token });

  // An invite for another role, or of yesterday, is no guess.
  for (let times = 0; times < most; times++) await from(home).tryJoin({ room, role: 'gamer', invite });
  const wrong = ['nonsense', pass];
  for (let times = 0; times < most; times++) {
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

  clock.advance(lockMs);
  expect(await guess(invite)).toMatchObject({ ok: true });
});
