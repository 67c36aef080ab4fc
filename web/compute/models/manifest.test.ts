import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { INPUT_KINDS, NETWORKS } from '../../../shared/tasks/upscale.ts';
import { parseManifest } from './manifest.ts';
import { modelName } from './model-name.ts';

const folder = fileURLToPath(new URL('../../public/models/', import.meta.url));
const read = (name: string) => readFile(folder + name);

test("the repository's list of models is what its files are: else training/export.py was not run to its end", async () => {
  const { models } = parseManifest(JSON.parse(await readFile(`${folder}manifest.json`, 'utf8')));
  expect(models.map(({ name }) => name)).toEqual(
    NETWORKS.flatMap((network) => INPUT_KINDS.map((input) => modelName(network, input))),
  );
  const listed = models.flatMap(({ files }) => Object.values(files));
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
