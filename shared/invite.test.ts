import { expect, test } from 'vitest';
import {
  makeInviteLink,
  parseInviteLink,
  startPermitOf,
  startPurpose,
  withoutStartPermit,
  withStartPermit,
} from './invite.ts';

test('a link returns the room and the token it was made with, with any characters', () => {
  for (const room of ['den', 'Ann & Bob = #1?', '漢字 🎮', '100% +1', '../..']) {
    for (const token of [undefined, 'eyJ.a-b_c.d+e/f=']) {
      const link = makeInviteLink('https://p2c2r.example/volunteer?lang=de', { room, token });
      expect(parseInviteLink(link)).toEqual({ room, token });
    }
  }
});

test('a link says who invites, in a name of bounded length; the permit to start is the same with any name', () => {
  const invite = { room: 'den', token: 't', from: 'tidy-puffin & Co #1' };
  const link = makeInviteLink('https://p2c2r.example/volunteer', invite);
  expect(parseInviteLink(link)).toEqual(invite);
  expect(startPurpose(invite)).toBe(startPurpose({ room: 'den', token: 't' }));
  const long = makeInviteLink('https://p2c2r.example/volunteer', { room: 'den', from: 'x'.repeat(1_000) });
  expect(parseInviteLink(long)?.from).toHaveLength(64);
  expect(parseInviteLink('https://p2c2r.example/volunteer#room=den&from=%20')).not.toHaveProperty('from');
});

test('the part of the link that a browser sends to the server contains nothing of the invite', () => {
  const url = new URL(
    makeInviteLink('https://p2c2r.example/volunteer#old', { room: 'secret-room', token: 'secret-token' }),
  );
  url.hash = '';
  expect(url.href.replace('#', '')).toBe('https://p2c2r.example/volunteer');
});

test('a link without an invite returns null', () => {
  for (const hash of ['', '#', '#room=', '#invite=token', '#settings']) {
    expect(parseInviteLink(`https://p2c2r.example/gamer${hash}`)).toBeNull();
  }
});

test('a permit to start travels in the fragment, leaves the invite as it is, and can be removed', () => {
  for (const invite of [
    { room: 'Ann & Bob = #1?', token: 'eyJ.a-b_c' },
    { room: 'den', token: undefined },
  ]) {
    const link = makeInviteLink('https://p2c2r.example/volunteer', invite);
    expect([startPermitOf(link), withoutStartPermit(link)]).toEqual(['', link]);
    const permitted = withStartPermit(link, 'n0nce');
    expect(parseInviteLink(permitted)).toEqual(invite);
    expect(startPermitOf(permitted)).toBe('n0nce');
    expect(withoutStartPermit(permitted)).toBe(link);
  }
});

test('a permit is for one room and one invite', () => {
  const purposes = [
    { room: 'a', token: 't' },
    { room: 'a', token: 'u' },
    { room: 'b', token: 't' },
    { room: 'a' },
    { room: 'a&invite=t' },
  ].map(startPurpose);
  expect(new Set(purposes).size).toBe(purposes.length);
});
