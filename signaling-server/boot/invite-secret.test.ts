import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { TestBed } from '../test-server.ts';
import { keptInviteSecret } from './invite-secret.ts';

const bed = new TestBed();
afterEach(() => bed.end());

test('servers that start at the same time, and later ones, share one secret that only its owner may read', async () => {
  const stateDir = join(await bed.folder(), 'made', 'when needed');
  const secrets = new Set(await Promise.all(Array.from({ length: 8 }, () => keptInviteSecret(stateDir))));
  secrets.add(await keptInviteSecret(stateDir));
  expect(secrets.size).toBe(1);
  expect([...secrets][0]).toMatch(/^[\w-]{43}$/);
  expect(await readdir(stateDir)).toEqual(['invite-secret']);
  expect((await stat(join(stateDir, 'invite-secret'))).mode & 0o777).toBe(0o600);
  expect(await readFile(join(stateDir, 'invite-secret'), 'utf8')).toBe([...secrets][0]);
});

test('an emptied file is not used as a secret', async () => {
  const stateDir = await bed.folder();
  await writeFile(join(stateDir, 'invite-secret'), '');
  await expect(keptInviteSecret(stateDir)).rejects.toThrow(/delete it/);
});

test('the server starts even when it cannot keep a secret', async () => {
  const { url } = await bed.server({ inviteSecret: '', stateDir: '/dev/null/state' });
  await bed.page(url).join();
});
