import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, expect, test } from 'vitest';

// `npm start` in a folder in which the bundler finds no files: nothing is installed or built before it says so.
const FILES = ['start', 'build', 'child', 'failure', 'install', 'running-servers', 'supervisor'].map(
  (name) => `deploy/${name}.mjs`,
);
const root = (file: string) => fileURLToPath(new URL(`../${file}`, import.meta.url));
const folders: string[] = [];
afterEach(async () => {
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true });
});

/** @returns what a start prints in a folder inside one with this name */
async function startIn(name: string): Promise<{ code: number | null; printed: string }> {
  const folder = await mkdtemp(join(tmpdir(), 'p2c2r-'));
  folders.push(folder);
  const copy = join(folder, name, 'p2c2r');
  for (const file of FILES) await cp(root(file), join(copy, file));
  const child = spawn(process.execPath, [join(copy, 'deploy/start.mjs')], { stdio: ['ignore', 'ignore', 'pipe'] });
  let printed = '';
  child.stderr.on('data', (data) => {
    printed += data;
  });
  const [code] = await once(child, 'close');
  return { code, printed };
}

test.each(['games #1', 'what?'])('in a folder named "%s" it says what to rename', async (name) => {
  const { code, printed } = await startIn(name);
  expect(code).toBe(1);
  expect(printed).toContain(`Rename the folder "${name}"`);
  expect(printed.trim().split('\n')).toHaveLength(1);
});

test('other special characters are no obstacle', async () => {
  // Without a lock file there is nothing to install: it gets that far.
  expect((await startIn('p%41 [x] & {y} é')).printed).toContain('package-lock.json');
});
