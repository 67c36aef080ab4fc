import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { NETWORK_LAYERS, NETWORKS } from '../../../shared/tasks/upscale.ts';
import { networksIn, parseManifest } from './manifest.ts';

const folder = fileURLToPath(new URL('../../public/models/', import.meta.url));
const read = (name: string) => readFile(folder + name);

test('the list of models matches the files in the repository: otherwise a script of training/ did not finish', async () => {
  const manifest = parseManifest(JSON.parse(await readFile(`${folder}manifest.json`, 'utf8')));
  const { models } = manifest;
  expect(networksIn(manifest).map(({ name }) => name)).toEqual([...NETWORKS]);
  const layers = networksIn(manifest).map(({ name, network }) => [name, network.widths.length - 1]);
  expect(Object.fromEntries(layers)).toEqual(NETWORK_LAYERS);
  expect(models.filter(({ task }) => task === 'infer').map(({ name }) => name)).toEqual(['steering']);
  const listed = models.flatMap(({ files }) => Object.values(files).flatMap((file) => file ?? []));
  const found = await Promise.all(
    listed.map(async ({ path }) => {
      const bytes = await read(path);
      return { path, bytes: bytes.byteLength, sha256: createHash('sha256').update(bytes).digest('hex') };
    }),
  );
  expect(found).toEqual(listed);
  const paths = listed.map(({ path }) => path);
  expect((await readdir(folder)).sort()).toEqual(['manifest.json', ...paths].sort());
});

test('the networks that are shipped say how much they gain on the test games: otherwise they were exported while developing', async () => {
  const networks = networksIn(parseManifest(JSON.parse(await readFile(`${folder}manifest.json`, 'utf8'))));
  for (const { name, games, gainOverBicubicDb = {} } of networks) {
    expect([name, games]).toEqual([name, 'test']);
    expect(Object.keys(gainOverBicubicDb)).toEqual(expect.arrayContaining(['smooth', 'aliased']));
  }
});
