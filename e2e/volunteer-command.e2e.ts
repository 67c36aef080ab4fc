import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chown, mkdtemp, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ROOT } from '../deploy/child.mjs';
import { expect, testWithOwnServer as test, waitForVolunteers } from './fixtures.ts';

const isRoot = process.getuid?.() === 0;
/** `nobody` on Linux. */
const NOBODY = { uid: 65_534, gid: 65_534 };

/** `npm run volunteer`: a machine without a screen serves a gamer, and leaves on request. */
const commands: ChildProcess[] = [];
test.afterEach(() => {
  for (const command of commands.splice(0)) command.kill('SIGKILL');
});

/** Tests may run as root, and in containers that allow no sandbox: then the command must be told so by name. */
const volunteer = (...args: string[]) => start(['--without-sandbox', ...args]);

function start(args: string[], as: { uid?: number; gid?: number; env?: NodeJS.ProcessEnv } = {}) {
  const command = spawn(process.execPath, [join(ROOT, 'deploy/volunteer.mjs'), ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    ...as,
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
  const state = await mkdtemp(join(tmpdir(), 'p2c2r-state-'));
  const limits = ['--max-gamers', '1', '--data-mb-per-day', '5'];
  const { command, ended, output } = start(['--without-sandbox', '--url', server.url, '--room', 'den', ...limits], {
    env: { ...process.env, XDG_STATE_HOME: state },
  });
  const gamer = await gamerPage('den', { where: 'volunteers' });
  await waitForVolunteers(gamer, 1);
  const ranOn = await gamer.evaluate(async () => {
    const { timing } = await window.client.submitTask('echo', { bytes: new Uint8Array([1, 2, 3]) }).result;
    return timing.ranOn;
  });
  expect(ranOn).not.toBe('local');
  // Its result may not come any more.
  await gamer.evaluate(() => {
    window.client.submitTask('echo', { bytes: new Uint8Array(3_000_000) }).result.catch(() => {});
  });
  await expect.poll(output).toContain('"paused":["today’s data limit of 5 MB is used up"]');
  command.kill('SIGTERM');
  const [code] = await ended;
  expect(code, output()).toBe(0);
  // At once, without the grace period of a lost socket: it left properly.
  await expect.poll(() => volunteersAt(server.url), { timeout: 5_000 }).toBe(0);
  expect(output()).toContain('"serving"');
  expect(output(), 'it says plainly that it had to').toContain('runs WITHOUT its sandbox');
  expect(output()).not.toContain('den');
  const { bytes } = JSON.parse(await readFile(join(state, 'p2c2r/data-today.json'), 'utf8'));
  expect(bytes, 'the next run goes on with it').toBeGreaterThan(5_000_000);
});

test('it waits for a server that is away, until it is stopped', async ({ server }) => {
  await server.stop();
  const patient = volunteer('--url', server.url, '--room', 'den');
  await expect.poll(patient.output).toContain('trying again');
  patient.command.kill('SIGTERM');
  expect((await patient.ended)[0]).toBe(0);
});

test('a server that refuses it says why, and it does not try again', async ({ server }) => {
  const { ended, output } = volunteer('--url', server.url, '--room', 'den', '--invite', 'forged');
  expect((await ended)[0]).toBe(1);
  expect(output()).toContain('This invite is not valid on this server');
  expect(output()).not.toMatch(/^\s+at /m);
});

test('when the room’s owner removes it, it says so and does not return', { tag: '@long' }, async ({
  server,
  gamerPage,
}) => {
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

if (isRoot) {
  test('root is refused with instructions, unless it explicitly asks to run without a sandbox', async ({ server }) => {
    const { ended, output } = start(['--url', server.url, '--room', 'den']);
    expect((await ended)[0]).toBe(1);
    expect(output()).toMatch(/This is root.*Start it as another user.*--without-sandbox/);
    expect(output()).not.toContain('"serving"');
  });
}

// The sandboxes of other systems need no permission.
if (process.platform === 'linux' && (!isRoot || canNobodyRead())) {
  test('another user’s Chromium is sandboxed, or does not start and says what it needs', { tag: '@long' }, async ({
    server,
  }) => {
    const home = await mkdtemp(join(tmpdir(), 'p2c2r-volunteer-'));
    if (isRoot) await chown(home, NOBODY.uid, NOBODY.gid);
    const env = { ...process.env, HOME: home, TMPDIR: home, XDG_CONFIG_HOME: home, XDG_CACHE_HOME: home };
    const { output } = start(['--url', server.url, '--room', 'den'], { ...(isRoot && NOBODY), env });
    await expect.poll(output).toMatch(/"isSandboxed":true|cannot build its sandbox here.*docs\/hosting\.md/);
    expect(output()).not.toContain('WITHOUT');
  });
}

/** Whether a user without rights can read this checkout. */
function canNobodyRead(): boolean {
  const load = `await import(${JSON.stringify(join(ROOT, 'deploy/sandbox.mjs'))})`;
  return spawnSync(process.execPath, ['--input-type=module', '-e', load], { ...NOBODY, cwd: '/' }).status === 0;
}
