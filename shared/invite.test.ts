import { expect, test } from 'vitest';
import {
  makeInviteLink,
  parseInviteLink,
  startPermitOf,
  startPurpose,
  withoutStartPermit,
  withStartPermit,
} from './invite.ts';
import { foundInviteSchema, introductionSchema } from './signaling.ts';

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

test('a name in a link or a session has no characters that are invisible, break the line or turn the text around it', () => {
  const named = (from: string) =>
    parseInviteLink(makeInviteLink('https://p2c2r.example/i', { room: 'den', from }))?.from;
  const [introduced, invited] = [introductionSchema, foundInviteSchema].map((schema) => (name: string) => {
    const peer = { peerId: 'p'.repeat(22), role: 'volunteer', initiate: false, score: 0 };
    const fields = schema === introductionSchema ? { ...peer, name } : { ...FOUND, from: name };
    const { data } = schema.safeParse(fields);
    return data && ('from' in data ? data.from : data.name);
  });
  for (const read of [named, introduced, invited]) {
    expect(read?.(' \u202Etidy\u2066-\u200B\u0007puf\u2028fin\u{E0041}\uFEFF ')).toBe('tidy-puffin');
    expect(read?.('Zoë 漢字 🎮')).toBe('Zoë 漢字 🎮');
    expect(read?.('\u202E\u200B')).toBeUndefined();
  }
  expect(named(`${'x'.repeat(63)}🎮`), 'cut between the halves of a character').toBe('x'.repeat(63));
});

const FOUND = { room: 'den', token: 't', role: 'volunteer' };

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

test('a link in the place of the token is no token: who passed it on would be led elsewhere', () => {
  const inner = encodeURIComponent('https://elsewhere.example/gamer#room=b');
  expect(parseInviteLink(`https://p2c2r.example/gamer#room=a&invite=${inner}`)).toEqual({ room: 'a' });
});
