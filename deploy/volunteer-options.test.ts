import { expect, test } from 'vitest';
import { readVolunteerOptions } from './volunteer-options.mjs';

const URL_FLAG = ['--url', 'https://play.example.org/'];

test('a server and a room are enough', () => {
  expect(readVolunteerOptions([...URL_FLAG, '--room', 'den'])).toEqual({
    ...{ url: 'https://play.example.org', room: 'den', invite: undefined, name: undefined, maxGamers: undefined },
    ...{ insecure: false, browserFlags: [], withoutSandbox: false },
  });
});

test('an invite link includes server, room and invite; flags win over it', () => {
  const link = 'https://192.168.1.7:8443/volunteer#room=den&invite=token';
  expect(readVolunteerOptions(['--url', link])).toMatchObject({
    ...{ url: 'https://192.168.1.7:8443', room: 'den', invite: 'token' },
  });
  expect(readVolunteerOptions(['--url', link, '--room', 'other', '--invite', 'mine'])).toMatchObject({
    ...{ room: 'other', invite: 'mine' },
  });
});

test('limits and flags for Chromium are passed on', () => {
  const flags = ['--max-gamers', '2', '--insecure', '--browser-flag=--use-angle=vulkan', '--browser-flag=--x'];
  expect(readVolunteerOptions([...URL_FLAG, '--room', 'den', ...flags])).toMatchObject({
    ...{ maxGamers: 2, insecure: true, browserFlags: ['--use-angle=vulkan', '--x'] },
  });
});

test('all problems are reported at once', () => {
  const wrong = () => readVolunteerOptions(['--url', 'ftp://x', '--max-gamers', '0.5']);
  for (const name of ['--url', '--room', '--max-gamers']) expect(wrong).toThrow(name);
  expect(() => readVolunteerOptions(['--rom', 'den'])).toThrow(/--rom.*--help/);
  expect(readVolunteerOptions(['--help', '--url', 'x'])).toBeNull();
});
