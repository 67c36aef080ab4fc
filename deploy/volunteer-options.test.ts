import { expect, test } from 'vitest';
import { readVolunteerOptions } from './volunteer-options.mjs';

const URL_FLAG = ['--url', 'https://play.example.org/'];

test('a server and a room are enough', () => {
  expect(readVolunteerOptions([...URL_FLAG, '--room', 'den'])).toEqual({
    ...{ url: 'https://play.example.org', room: 'den', invite: undefined, name: undefined, limits: {} },
    ...{ insecure: false, browserFlags: [], withoutSandbox: false },
  });
});

test('an invite link includes server, room and invite; flags win over it', () => {
  const link = 'https://192.168.1.7:8443/volunteer#room=den&invite=token';
  expect(readVolunteerOptions(['--url', link])).toMatchObject({
    ...{ url: 'https://192.168.1.7:8443', room: 'den', invite: 'token' },
  });
  const shared = link.replace('8443/', '8443/p2c2r/');
  expect(readVolunteerOptions(['--url', shared])).toMatchObject({ url: 'https://192.168.1.7:8443/p2c2r' });
  expect(readVolunteerOptions(['--url', link, '--room', 'other', '--invite', 'mine'])).toMatchObject({
    ...{ room: 'other', invite: 'mine' },
  });
});

test('limits and flags for Chromium are passed on', () => {
  const flags = ['--max-gamers', '2', '--insecure', '--browser-flag=--use-angle=vulkan', '--browser-flag=--x'];
  expect(readVolunteerOptions([...URL_FLAG, '--room', 'den', ...flags])).toMatchObject({
    ...{ limits: { maxGamers: 2 }, insecure: true, browserFlags: ['--use-angle=vulkan', '--x'] },
  });
});

test('limits of the machine and of the week are passed on', () => {
  const switches = ['--only-when-idle', '--pause-on-battery', '--keep-awake'];
  const numbers = ['--gpu-share', '0.25', '--pause-below-battery', '0.3', '--data-mb-per-day', '500'];
  const models = ['--accept-models-from', 'https://models.example/folder', '--no-dialogue'];
  const hours = ['--hours', 'fri-sun 20:00-08:00', '--hours', 'mon,wed 09:30-24:00'];
  expect(
    readVolunteerOptions([...URL_FLAG, '--room', 'den', ...switches, ...numbers, ...models, ...hours])?.limits,
  ).toEqual({
    ...{ onlyWhenIdle: true, pauseOnBattery: true, keepAwake: true },
    ...{ gpuShare: 0.25, pauseBelowBattery: 0.3, dataMBPerDay: 500 },
    ...{ acceptModelsFrom: ['https://models.example'], acceptDialogue: false },
    hours: [...[5, 6, 0].map((day) => [day, 1_200, 480]), ...[1, 3].map((day) => [day, 570, 1_440])],
  });
});

test.each([
  ['--gpu-share', '0'],
  ['--gpu-share', '1.5'],
  ['--pause-below-battery', '30'],
  ['--data-mb-per-day', 'much'],
  ['--accept-models-from', 'http://models.example'],
  ['--hours', 'someday 20:00-08:00'],
  ['--hours', 'mon 20:00-20:00'],
  ['--hours', 'mon 24:00-08:00'],
  ['--hours', 'mon 8-20'],
])('%s %s is refused with what it may be', (flag, value) => {
  expect(() => readVolunteerOptions([...URL_FLAG, '--room', 'den', flag, value])).toThrow(`${flag} is "${value}"`);
});

test('all problems are reported at once', () => {
  const wrong = () => readVolunteerOptions(['--url', 'ftp://x', '--max-gamers', '0.5']);
  for (const name of ['--url', '--room', '--max-gamers']) expect(wrong).toThrow(name);
  expect(() => readVolunteerOptions(['--rom', 'den'])).toThrow(/--rom.*--help/);
  expect(readVolunteerOptions(['--help', '--url', 'x'])).toBeNull();
});
