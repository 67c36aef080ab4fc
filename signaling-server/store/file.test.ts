import { mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { ManualServerClock } from '../test-clock.ts';
import { TestBed } from '../test-server.ts';
import { FileStore, MIN_LINES_TO_COMPACT } from './file.ts';

/** History survives every kind of restart and stays bounded on disk. */
const bed = new TestBed();
afterEach(() => bed.end());

const clock = new ManualServerClock();
const logged: unknown[] = [];
const log = { warn: (what: unknown) => logged.push(what), error: (what: unknown) => logged.push(what) } as never;
const open = (folder: string) => FileStore.open(folder, clock, log);
const by = (gamerId: string) => ({ gamerId, network: `network of ${gamerId}` });
const quota = { room: 'invited r', network: 'n' };
const report = { completed: 3, failed: 1, rttMs: 9 };

test('reputations, accusations, used invites, bans and codes survive a restart', async () => {
  const folder = await bed.folder();
  const invite = { id: 'i', maxUses: 1, expiresAtMs: clock.epochMs() + 1_000 };
  const first = await open(folder);
  await first.record(by('g'), 'v', report);
  await first.record(by('h'), 'v', report);
  await first.accuse('open den', 'g', 'v');
  expect(await first.useInvite(invite, 's', quota)).toBe(true);
  await first.ban('b', clock.epochMs() + 1_000, quota);
  await first.keepCode('c', 'sealed', clock.epochMs() + 1_000, quota);
  await first.close();
  for (let restart = 0; restart < 2; restart++) {
    const next = await open(folder);
    expect(await next.reputation('v')).toEqual({ completed: 6, failed: 2 });
    expect(await next.accused('open den')).toEqual(new Map([['v', new Set(['g'])]]));
    expect(await next.useInvite(invite, 'another', quota)).toBe(false);
    expect(await next.useInvite(invite, 's', quota)).toBe(true);
    expect(await next.isBanned('b')).toBe(true);
    expect(await next.codeOf('c')).toBe('sealed');
    await next.close();
  }
});

test('truncated and damaged lines are skipped with a warning; all others count', async () => {
  const folder = await bed.folder();
  const first = await open(folder);
  await first.record(by('g'), 'v', report);
  await first.close();
  const path = join(folder, 'history.jsonl');
  const kept = await readFile(path, 'utf8');
  await writeFile(path, `["tasks","v",-1,0]\nnonsense\n${kept}${kept}["tasks","v",5`);
  logged.length = 0;
  const next = await open(folder);
  expect(await next.reputation('v')).toEqual({ completed: 3.75, failed: 1.25 });
  expect(logged).toMatchObject([{ damaged: 3 }]);
});

test('the file stays as small as what is remembered, names no room, and is readable by its owner only', async () => {
  const folder = await bed.folder();
  const store = await open(folder);
  await store.accuse('open secret den', 'g', 'v');
  for (let count = 0; count < 2 * MIN_LINES_TO_COMPACT; count++) await store.record(by('g'), 'v', report);
  await store.close();
  expect(await readdir(folder)).toEqual(['history.jsonl']);
  const path = join(folder, 'history.jsonl');
  const text = await readFile(path, 'utf8');
  expect(text.split('\n').length).toBeLessThan(MIN_LINES_TO_COMPACT + 2);
  expect(text).not.toContain('secret den');
  expect((await stat(path)).mode & 0o777).toBe(0o600);
  const next = await open(folder);
  expect(await next.reputation('v')).toEqual({ completed: 3.75, failed: 1.25 });
});

test('while writes fail memory goes on; once they succeed everything is written', async () => {
  const folder = await bed.folder();
  const path = join(folder, 'history.jsonl');
  const store = await open(folder);
  await rm(path);
  await mkdir(path);
  logged.length = 0;
  await store.record(by('g'), 'v', report);
  await store.close();
  expect(logged).toHaveLength(1);
  expect(await store.reputation('v')).toEqual({ completed: 3, failed: 1 });
  await rm(path, { recursive: true });
  await store.record(by('g'), 'w', report);
  await store.close();
  const next = await open(folder);
  expect(await next.reputation('v')).toEqual({ completed: 3, failed: 1 });
});

test('an unusable folder is reported at once', async () => {
  const folder = await bed.folder();
  await writeFile(join(folder, 'state'), '');
  await expect(open(join(folder, 'state'))).rejects.toMatchObject({ code: 'EEXIST' });
});
