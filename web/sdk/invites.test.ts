import { expect, test } from 'vitest';
import { MeshError } from '../../shared/errors.ts';
import type { SignalingClient } from '../net/signaling-client.ts';
import { createInvite } from './invites.ts';

/** A session at a server, which keeps codes or does not. */
function sessionWith(createInviteCode: SignalingClient['createInviteCode']) {
  const session = { joined: { room: 'den' }, createInvite: async () => 'token', createInviteCode };
  return session as unknown as SignalingClient;
}

const SERVER = 'https://example.org/p2c2r/';

test('an invite carries the name it is made in, and gets a code and a short link only when asked for', async () => {
  const session = sessionWith(async () => 'K7QF2M9X');
  expect(await createInvite(session, SERVER, {})).toEqual({
    url: 'https://example.org/p2c2r/volunteer#room=den&invite=token',
    token: 'token',
  });
  expect(await createInvite(session, SERVER, { from: 'tidy-puffin', code: true })).toEqual({
    url: 'https://example.org/p2c2r/volunteer#room=den&invite=token&from=tidy-puffin',
    token: 'token',
    code: 'K7QF2M9X',
    shortUrl: 'https://example.org/p2c2r/i#K7QF-2M9X',
  });
  const from = 'x'.repeat(65);
  await expect(createInvite(session, SERVER, { from })).rejects.toMatchObject({ reason: 'bad-input' });
});

test('an invite whose server keeps no code for it is made all the same', async () => {
  for (const reason of ['malformed', 'rate-limited', 'signaling-unreachable'] as const) {
    const session = sessionWith(() => Promise.reject(new MeshError(reason, 'No.')));
    const made = await createInvite(session, SERVER, { code: true });
    expect(made, reason).toEqual({ url: 'https://example.org/p2c2r/volunteer#room=den&invite=token', token: 'token' });
  }
});
