import { expect, test } from 'vitest';
import {
  CODE_ALPHABET,
  codeInLink,
  inviteCodeSchema,
  readInviteCode,
  shortInviteLink,
  showInviteCode,
} from './invite-code.ts';

test('a code is read as people type it: in either case, with spaces and hyphens, and with letters that look like its digits', () => {
  for (const typed of ['K7QF-2M10', 'k7qf2m10', ' k7qf 2m1o\n', 'K7QF–2MIO'.replace('–', '-'), 'k-7-q-f-2-m-l-o']) {
    expect(readInviteCode(typed), typed).toBe('K7QF2M10');
  }
  for (const text of ['', 'K7QF2M1', 'K7QF2M101', 'K7QF2M1U', 'my room', 'K7QF2M1!', '漢字漢字漢字漢字']) {
    expect(readInviteCode(text), text).toBeNull();
  }
});

test('every character of the alphabet can be in a code, and none looks like another', () => {
  for (const letter of CODE_ALPHABET) {
    expect(inviteCodeSchema.safeParse(letter.repeat(8)).success, letter).toBe(true);
    expect(readInviteCode(letter.repeat(8).toLowerCase())).toBe(letter.repeat(8));
  }
  expect(new Set(CODE_ALPHABET).size).toBe(32);
  expect(CODE_ALPHABET).not.toMatch(/[ILOU]/);
});

test('a short link leads below the server’s address, also where that has a path, tells no server its code, and is read back', () => {
  expect(showInviteCode('K7QF2M9X')).toBe('K7QF-2M9X');
  for (const [server, link] of [
    ['https://p2c2r.example', 'https://p2c2r.example/i#K7QF-2M9X'],
    ['https://example.org/p2c2r/', 'https://example.org/p2c2r/i#K7QF-2M9X'],
  ] as const) {
    expect(shortInviteLink(server, 'K7QF2M9X')).toBe(link);
    expect(codeInLink(link)).toBe('K7QF2M9X');
    expect(codeInLink(link.replace('/i#', '/volunteer#')), 'once it was followed').toBe('K7QF2M9X');
  }
});

test('other links hold no code', () => {
  for (const rest of [
    'i',
    'i#',
    'i#nonsense!',
    'i/K7QF-2M9X',
    'volunteer#room=K7QF2M9X',
    'hi#K7QF-2M9X',
    'news#section1',
  ]) {
    expect(codeInLink(`https://p2c2r.example/${rest}`), rest).toBeNull();
  }
});
