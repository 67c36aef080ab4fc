import { mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { ManualServerClock } from '../test-clock.ts';
import { TestBed } from '../test-server.ts';
import { FileStore, MIN_LINES_TO_COMPACT } from './file.ts';
import { ENDED_CODE_KEPT_MS, STORE_LIMITS } from './store.ts';

/** History survives every kind of restart and stays bounded on disk. */
const bed = new TestBed();
afterEach(() => bed.end());

const clock = new ManualServerClock();
const logged: unknown[] = [];
const log = { warn: (what: unknown) => logged.push(what), error: (what: unknown) => logged.push(what) } as never;
const open = (folder: string) => FileStore.open(folder, clock, log);
const by = (gamerId: string) => ({ gamerId, network: `network of ${gamerId}` });
const quota = { room: 'invited r', network: 'n' };
const code = (id: string, maker = 'm') => ({ id, sealed: 'sealed', endsAtMs: clock.epochMs() + 1_000, maker });
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
  await first.keepCode(code('c'), quota);
  await first.keepCode(code('d'), quota);
  await first.endCode('d');
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
  clock.advance(ENDED_CODE_KEPT_MS);
  const last = await open(folder);
  expect([await last.codeOf('c'), await last.codeOf('d')], 'a code that was ended').toEqual(['sealed', null]);
  await last.close();
});

test('requests for codes that a full network is refused make no restart lose anything', async () => {
  const folder = await bed.folder();
  const store = await open(folder);
  await store.ban('b', clock.epochMs() + 600_000, quota);
  const { maxCodesPerRoom, maxCodesPerNetwork } = STORE_LIMITS;
  const put = (id: string, room: string, network: string) =>
    store.keepCode(code(id, `maker in ${network}`), { room, network });
  for (const network of ['A', 'B']) {
    const roomOf = (index: number) => `open ${network}${Math.floor(index / maxCodesPerRoom)}`;
    for (let index = 0; index < maxCodesPerNetwork; index++) await put(`${network}${index}`, roomOf(index), network);
  }
  await expect(put('B more', 'open A0', 'B')).rejects.toMatchObject({ reason: 'rate-limited' });
  // Had the refused request thrown out a code of A, this one would have its place, and the file one line too many.
  await expect(put('A more', 'another', 'A')).rejects.toMatchObject({ reason: 'rate-limited' });
  await store.close();
  logged.length = 0;
  const next = await open(folder);
  expect([logged, await next.isBanned('b'), await next.codeOf('A0')]).toEqual([[], true, 'sealed']);
  await next.close();
});

test('a clock that was set back makes no restart lose anything that has not ended', async () => {
  const folder = await bed.folder();
  const store = await open(folder);
  const { maxUsesPerRoom, maxBansPerNetwork, maxCodesPerNetwork } = STORE_LIMITS;
  const invite = (id: string) => ({ id, maxUses: 10_000, expiresAtMs: clock.epochMs() + 1_000 });
  const fill = async (of: string) => {
    const uses = Array.from({ length: maxUsesPerRoom }, (_, index) =>
      store.useInvite(invite(of), `s${index}`, { room: 'r', network: `n${index}` }),
    );
    const bans = Array.from({ length: maxBansPerNetwork }, (_, index) =>
      store.ban(`${of}${index}`, clock.epochMs() + 1_000, { room: `r${index}`, network: 'n' }),
    );
    const codes = Array.from({ length: maxCodesPerNetwork }, (_, index) =>
      store.keepCode(code(`${of}${index}`), { room: `r${index}`, network: 'n' }),
    );
    await Promise.all([...uses, ...bans, ...codes]);
  };
  await fill('old');
  clock.advance(ENDED_CODE_KEPT_MS + 1_000);
  await fill('new');
  await store.close();
  logged.length = 0;
  clock.advance(-ENDED_CODE_KEPT_MS - 1_000);
  const next = await open(folder);
  expect(logged).toEqual([]);
  for (const index of [0, maxCodesPerNetwork - 1]) {
    expect([await next.isBanned(`new${index}`), await next.codeOf(`new${index}`)]).toEqual([true, 'sealed']);
  }
  const last = { ...invite('new'), maxUses: 1 };
  expect(await next.useInvite(last, 'another', quota), 'a used-up invite stays so').toBe(false);
  await next.close();
});

test('entries of any kind that do not fit are skipped and counted, and all others count', async () => {
  const folder = await bed.folder();
  const { maxUsesPerNetwork, maxBansPerNetwork, maxCodesPerNetwork } = STORE_LIMITS;
  const [late, early] = [clock.epochMs() + 9_000, clock.epochMs() + 1_000];
  const lines: unknown[] = [];
  for (let index = 0; index <= maxUsesPerNetwork; index++) {
    lines.push(['used', 'i', `s${index}`, index < maxUsesPerNetwork ? late : early, `r${index}`, 'n']);
  }
  for (let index = 0; index <= maxBansPerNetwork; index++) {
    lines.push(['banned', `b${index}`, index < maxBansPerNetwork ? late : early, `r${index}`, 'n']);
  }
  for (let index = 0; index <= maxCodesPerNetwork; index++) {
    lines.push(['code', `c${index}`, 'sealed', index < maxCodesPerNetwork ? late : early, `r${index}`, 'n', 'm']);
  }
  lines.push(['tasks', 'v', 3, 1, 'n']);
  await writeFile(join(folder, 'history.jsonl'), lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
  logged.length = 0;
  const store = await open(folder);
  expect(logged).toMatchObject([{ superfluous: 3 }]);
  expect(await store.reputation('v')).toEqual({ completed: 3, failed: 1 });
  expect([await store.isBanned('b0'), await store.codeOf('c0')]).toEqual([true, 'sealed']);
  await store.close();
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
