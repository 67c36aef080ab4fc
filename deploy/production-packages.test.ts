import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ROOT } from './child.mjs';

/** A production server installs only what it imports, and nothing that only pages or tools need. */
test('every package in dependencies is imported by signaling-server/ or shared/', async () => {
  const { dependencies } = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8'));
  const files = await Promise.all(['signaling-server', 'shared'].map(sourcesIn));
  const sources = await Promise.all(files.flat().map((file) => readFile(file, 'utf8')));
  const imported = new Set(sources.flatMap((source) => [...source.matchAll(PACKAGE)].map(([, name]) => name)));
  expect(Object.keys(dependencies).filter((name) => !imported.has(name))).toEqual([]);
});

/** Matches the package name in `from 'name'`, `import('name')` or `from '@scope/name/file'`. */
const PACKAGE = /(?:from |import\()'((?:@[\w.-]+\/)?[a-z][\w.-]*)/g;

async function sourcesIn(folder: string): Promise<string[]> {
  const names = await readdir(join(ROOT, folder), { recursive: true });
  const isSource = (name: string) => name.endsWith('.ts') && !/\.test\.ts$|(^|\/)test-[^/]+$/.test(name);
  return names.filter(isSource).map((name) => join(ROOT, folder, name));
}
