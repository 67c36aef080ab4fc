import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { ROOT } from '../deploy/child.mjs';
import { expect, testWithOwnServer as test, waitForVolunteers } from './fixtures.ts';

/** `npm run volunteer`: a machine without a screen serves a gamer, and leaves on request. */
const commands: ChildProcess[] = [];
test.afterEach(() => {
  for (const command of commands.splice(0)) command.kill('SIGKILL');
});

function volunteer(...args: string[]) {
  const command = spawn(process.execPath, [join(ROOT, 'deploy/volunteer.mjs'), ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  commands.push(command);
  let output = '';
  for (const stream of [command.stdout, command.stderr]) {
    stream.on('data', (bytes) => {
      output += bytes;
    });
  }
  return { command, ended: once(command, 'exit'), output: () => output };
}

async function volunteersAt(serverUrl: string): Promise<number> {
  return (await (await fetch(new URL('/healthz', serverUrl))).json()).counts.volunteers;
}

test('it works for a gamer until it is stopped, and then leaves at once', async ({ server, gamerPage }) => {
  const { command, ended, output } = volunteer('--url', server.url, '--room', 'den', '--max-gamers', '1');
  const gamer = await gamerPage('den', { where: 'volunteers' });
  await waitForVolunteers(gamer, 1);
  const ranOn = await gamer.evaluate(async () => {
    const { timing } = await window.client.submitTask('echo', { bytes: new Uint8Array([1, 2, 3]) }).result;
    return timing.ranOn;
  });
  expect(ranOn).not.toBe('local');
  command.kill('SIGTERM');
  const [code] = await ended;
  expect(code, output()).toBe(0);
  // At once, without the grace period of a lost socket: it left properly.
  expect(await volunteersAt(server.url)).toBe(0);
  expect(output()).toContain('"serving"');
  expect(output()).not.toContain('den');
});

test('it waits for a server that is away, until it is stopped', async ({ server }) => {
  await server.stop();
  const patient = volunteer('--url', server.url, '--room', 'den');
  await expect.poll(patient.output, { timeout: 60_000 }).toContain('trying again');
  patient.command.kill('SIGTERM');
  expect((await patient.ended)[0]).toBe(0);
});

test('a server that refuses it says why, and it does not try again', async ({ server }) => {
  const { ended, output } = volunteer('--url', server.url, '--room', 'den', '--invite', 'forged');
  expect((await ended)[0]).toBe(1);
  expect(output()).toContain('This invite is not valid on this server');
  expect(output()).not.toMatch(/^\s+at /m);
});

test('when the room’s owner removes it, it says so and does not return', async ({ server, gamerPage }) => {
  const gamer = await gamerPage('den');
  const { ended, output } = volunteer('--url', server.url, '--room', 'den');
  await waitForVolunteers(gamer, 1);
  await gamer.evaluate(async () => {
    for (const { id } of window.client.volunteers) await window.client.removeVolunteer(id);
  });
  expect((await ended)[0], output()).toBe(1);
  expect(output()).toContain('The owner of this room has removed this machine from it');
  expect(await volunteersAt(server.url)).toBe(0);
});
