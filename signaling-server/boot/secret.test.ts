import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { TestBed } from '../test-server.ts';
import { keptSecret } from './secret.ts';

const bed = new TestBed();
afterEach(() => bed.end());

test('servers that start together and those after them share one secret, which only its owner reads', async () => {
  const stateDir = join(await bed.folder(), 'made', 'when needed');
  const secrets = new Set(await Promise.all(Array.from({ length: 8 }, () => keptSecret(stateDir))));
  secrets.add(await keptSecret(stateDir));
  expect(secrets.size).toBe(1);
  expect([...secrets][0]).toMatch(/^[\w-]{43}$/);
  expect(await readdir(stateDir)).toEqual(['invite-secret']);
  expect((await stat(join(stateDir, 'invite-secret'))).mode & 0o777).toBe(0o600);
  expect(await readFile(join(stateDir, 'invite-secret'), 'utf8')).toBe([...secrets][0]);
});

test('an emptied file is no secret', async () => {
  const stateDir = await bed.folder();
  await writeFile(join(stateDir, 'invite-secret'), '');
  await expect(keptSecret(stateDir)).rejects.toThrow(/delete it/);
});

test('where nothing can be kept the server starts all the same', async () => {
  const { url } = await bed.server({ inviteSecret: '', stateDir: '/dev/null/state' });
  await bed.page(url).join();
});
