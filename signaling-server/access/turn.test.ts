import { afterEach, expect, test } from 'vitest';
import type { IceGrant } from '../../shared/signaling.ts';
import { serverClock } from '../clock.ts';
import { TestBed } from '../test-server.ts';
import { iceGrantFor } from './turn.ts';

const bed = new TestBed();
afterEach(() => bed.end());

const STUN = [{ urls: 'stun:stun.example:3478' }];
const TURN = { turnUrls: ['turn:turn.example:3478'], turnSecret: 'north-of-the-river', turnTtlS: 600 };

test('the credential is the HMAC-SHA1 of expiry and session under the secret', () => {
  // printf '1700000600:ann' | openssl dgst -sha1 -hmac north-of-the-river -binary | base64
  expect(iceGrantFor('ann', { iceServers: STUN, ...TURN }, 1_700_000_000_999)).toEqual({
    iceServers: [
      ...STUN,
      { urls: TURN.turnUrls, username: '1700000600:ann', credential: 'v+T6U978GMMY/lKsnlN1WL7hBFc=' },
    ],
    iceValidS: 600,
  });
});

test('without a TURN server nothing is added, and nothing expires', () => {
  const config = { iceServers: STUN, turnUrls: [], turnSecret: '', turnTtlS: 600 };
  expect(iceGrantFor('ann', config, 0)).toEqual({ iceServers: STUN, iceValidS: null });
});

test('each session gets credentials of its own, and new ones when it resumes', async () => {
  let laterMs = 0;
  const { url } = await bed.server(TURN, { ...serverClock, epochMs: () => 1_700_000_000_000 + laterMs });
  const [ann, bob] = [bed.page(url), bed.page(url)];
  const first = await ann.join({ room: 'den' });
  const other = await bob.join({ room: 'den' });
  expect(first.iceServers[0]?.username).toMatch(new RegExp(`^\\d+:${first.id}$`));
  expect(other.iceServers[0]?.username).toMatch(new RegExp(`^\\d+:${other.id}$`));
  expect(other.iceServers[0]?.credential).not.toBe(first.iceServers[0]?.credential);

  laterMs = 5_000;
  const again = await ann.join({ room: 'den' });
  expect(again.resumed).toBe(true);
  expect(endS(again)).toBe(endS(first) + 5);
});

test('only a session that has joined can renew its credentials', async () => {
  let laterMs = 0;
  const { url } = await bed.server(TURN, { ...serverClock, epochMs: () => 1_700_000_000_000 + laterMs });
  const [ann, nobody] = [bed.page(url), bed.page(url)];
  const first = await ann.join({ room: 'den' });
  laterMs = 450_000;
  const answer = await ann.ask<IceGrant>('ice', null);
  if (!answer.ok) throw new Error(answer.error.message);
  expect(answer.value.iceValidS).toBe(600);
  expect(endS(answer.value)).toBe(endS(first) + 450);
  expect(answer.value.iceServers[0]?.username).toMatch(new RegExp(`:${first.id}$`));
  await nobody.open({});
  expect(await nobody.ask('ice', null)).toMatchObject({ error: { reason: 'not-invited' } });
});

const endS = ({ iceServers }: { iceServers: { username?: string }[] }) =>
  Number.parseInt(iceServers[0]?.username ?? '', 10);
