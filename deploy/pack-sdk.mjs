import { cp, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { basename, extname, join, resolve } from 'node:path';
import { ensureBuilt } from './build.mjs';
import { ROOT, runChild } from './child.mjs';
import { runCommand, SetupError } from './failure.mjs';
import { ensureInstalled } from './install.mjs';

// npm run pack-sdk [-- FOLDER] packs the SDK as an npm package into FOLDER, by default .build.

const USAGE = `npm run pack-sdk [-- FOLDER]

Packs the SDK as an npm package into FOLDER, by default .build.`;

/** File types that can name other files. */
const SCRIPTS = new Set(['.js', '.mjs']);

await runCommand(
  async () => {
    await ensureInstalled();
    const { pagesDir } = await ensureBuilt();
    const target = resolve(process.argv[2] ?? join(ROOT, '.build'));
    const folder = join(ROOT, '.build', `unfinished-sdk-${process.pid}`);
    try {
      await writePackage(pagesDir, folder);
      await mkdir(target, { recursive: true });
      const file = (await run('npm', 'pack', folder, '--pack-destination', target, '--loglevel', 'error')).trim();
      console.log(`The SDK is in ${join(target, file)}`);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  },
  USAGE,
  1,
);

/**
 * @param {string} pagesDir the built pages, which include the SDK for browsers
 * @param {string} folder
 */
async function writePackage(pagesDir, folder) {
  await mkdir(folder, { recursive: true });
  for (const file of await filesOfSdk(pagesDir)) await cp(join(pagesDir, file), join(folder, 'dist', file));
  await cp(join(pagesDir, 'models'), join(folder, 'dist/models'), { recursive: true });
  await run(process.execPath, join(ROOT, 'deploy/bundle-sdk.mjs'), folder);
  await cp(join(ROOT, 'deploy/sdk'), folder, { recursive: true });
  await cp(join(ROOT, 'docs/sdk.md'), join(folder, 'README.md'));
  const { name, version, description, license, engines } = JSON.parse(
    await readFile(join(ROOT, 'package.json'), 'utf8'),
  );
  const manifest = {
    ...{ name, version, description, license, type: 'module', engines },
    exports: {
      '.': { types: './p2c2r.d.ts', node: './node.js', default: './dist/p2c2r.js' },
      './vite': { types: './vite.d.ts', default: './vite.js' },
      './dist/*': './dist/*',
    },
  };
  await writeFile(join(folder, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`);
}

/**
 * Lists the SDK's module and the assets that it names, directly or through other assets.
 * @param {string} pagesDir
 */
async function filesOfSdk(pagesDir) {
  const assets = (await readdir(join(pagesDir, 'assets'))).map((name) => `assets/${name}`);
  // The loop below adds to the set while it iterates over it.
  const files = new Set(['p2c2r.js']);
  for (const file of files) {
    if (!SCRIPTS.has(extname(file))) continue;
    const script = await readFile(join(pagesDir, file), 'utf8');
    for (const asset of assets) if (script.includes(basename(asset))) files.add(asset);
  }
  return files;
}

/**
 * @param {string} program
 * @param {readonly string[]} args
 * @returns {Promise<string>} its output
 */
async function run(program, ...args) {
  const { code, output } = await runChild(program, args, { quiet: true });
  if (code !== 0) throw new SetupError(`${output.trim()}\n\nThe SDK could not be packed; the output above says why.`);
  return output;
}
