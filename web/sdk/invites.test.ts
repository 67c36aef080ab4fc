import { expect, test } from 'vitest';
import { MeshError } from '../../shared/errors.ts';
import type { SignalingClient } from '../net/signaling-client.ts';
import { createInvite, createInviteCode } from './invites.ts';

/** A session at a server, which keeps codes or does not. */
function sessionWith(createInviteCode: SignalingClient['createInviteCode']) {
  const session = { joined: { room: 'den' }, createInvite: async () => 'token', createInviteCode };
  return session as unknown as SignalingClient;
}

const SERVER = 'https://example.org/p2c2r/';

test('an invite carries the name it is made in, and a code and a short link are made for it when asked for', async () => {
  const session = sessionWith(async () => 'K7QF2M9X');
  expect(await createInvite(session, SERVER, {})).toEqual({
    url: 'https://example.org/p2c2r/volunteer#room=den&invite=token',
    token: 'token',
  });
  expect(await createInvite(session, SERVER, { from: 'tidy-puffin' })).toEqual({
    url: 'https://example.org/p2c2r/volunteer#room=den&invite=token&from=tidy-puffin',
    token: 'token',
  });
  expect(await createInviteCode(session, SERVER, 'token')).toEqual({
    code: 'K7QF2M9X',
    shortUrl: 'https://example.org/p2c2r/i#K7QF-2M9X',
  });
  const from = 'x'.repeat(65);
  await expect(createInvite(session, SERVER, { from })).rejects.toMatchObject({ reason: 'bad-input' });
});

test('an invite whose server keeps no code for it is made all the same, and the reason is told to who asks for one', async () => {
  for (const reason of ['malformed', 'rate-limited', 'signaling-unreachable'] as const) {
    const session = sessionWith(() => Promise.reject(new MeshError(reason, 'No.')));
    expect(await createInvite(session, SERVER, {})).toMatchObject({ token: 'token' });
    await expect(createInviteCode(session, SERVER, 'token')).rejects.toMatchObject({ reason });
  }
});
