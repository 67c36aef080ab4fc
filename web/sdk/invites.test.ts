import { expect, test } from 'vitest';
import { MeshError } from '../../shared/errors.ts';
import type { SignalingClient } from '../net/signaling-client.ts';
import { createInvite, createInviteCode, withInviteLink } from './invites.ts';

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

test('an invite may be the whole link, with or without a token, which says the server and the room too', () => {
  const room = 'another';
  expect(withInviteLink({ name: 'n', room, invite: 'https://example.org/p2c2r/gamer#room=den&invite=token' })).toEqual({
    ...{ name: 'n', url: SERVER, room: 'den', invite: 'token' },
  });
  expect(withInviteLink({ invite: 'http://localhost:8080/volunteer#room=den' })).toEqual({
    ...{ url: 'http://localhost:8080/', room: 'den' },
  });
});

test('a token is left as it is, and a link that is no invite is refused', () => {
  for (const options of [{ room: 'den', invite: 'token.of-a_server' }, { room: 'den' }, {}]) {
    expect(withInviteLink(options)).toBe(options);
  }
  for (const invite of ['https://example.org/i#K7QF-2M9X', 'https://example.org/gamer', 'file:///gamer#room=den']) {
    expect(() => withInviteLink({ invite })).toThrow('This link is no invite');
  }
});
