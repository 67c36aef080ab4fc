import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ROOT } from './child.mjs';

/** What a production server installs is what it imports, and nothing that only the pages or the tools need. */
test('every package among the dependencies is one that the server or what it shares with the pages imports', async () => {
  const { dependencies } = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8'));
  const files = await Promise.all(['signaling-server', 'shared'].map(sourcesIn));
  const sources = await Promise.all(files.flat().map((file) => readFile(file, 'utf8')));
  const imported = new Set(sources.flatMap((source) => [...source.matchAll(PACKAGE)].map(([, name]) => name)));
  expect(Object.keys(dependencies).filter((name) => !imported.has(name))).toEqual([]);
});

/** The package's name in `from 'name'` or `from '@scope/name/file'`. */
const PACKAGE = /from '((?:@[\w.-]+\/)?[a-z][\w.-]*)/g;

async function sourcesIn(folder: string): Promise<string[]> {
  const names = await readdir(join(ROOT, folder), { recursive: true });
  const isSource = (name: string) => name.endsWith('.ts') && !/\.test\.ts$|(^|\/)test-[^/]+$/.test(name);
  return names.filter(isSource).map((name) => join(ROOT, folder, name));
}
