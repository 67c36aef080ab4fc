import { mkdtemp, readFile, rm, stat, utimes } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ensureApiDocs } from './api.mjs';
import { writeDocsSite } from './site.mjs';
import { brokenLinks } from './test-site-links.ts';

test('the pages about types have every export of the SDK, and no internal link of the whole site is broken', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'p2c2r-docs-'));
  try {
    await writeDocsSite(folder, await ensureApiDocs());
    expect(await brokenLinks(folder)).toEqual([]);
    const index = await readFile(join(folder, 'api/index.html'), 'utf8');
    for (const name of ['p2c2r', 'p2c2r/react', 'p2c2r/preact', 'p2c2r/element']) expect(index).toContain(`>${name}<`);
    const client = await readFile(join(folder, 'api/p2c2r/classes/GamerClient.html'), 'utf8');
    expect(client).toContain('Lays the sharpened picture over a canvas or a video of the page');
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});

test('pages that are used again count as new: a build of other files deletes old ones', async () => {
  const folder = await ensureApiDocs();
  await utimes(folder, 0, 0);
  expect(await ensureApiDocs()).toBe(folder);
  expect(Date.now() - (await stat(folder)).mtimeMs).toBeLessThan(600_000);
});
