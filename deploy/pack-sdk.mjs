import { cp, mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { basename, extname, join, relative, resolve } from 'node:path';
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
      await mkdir(folder, { recursive: true });
      await step('Copying the modules, workers, runtimes and networks for browsers', () =>
        copyForBrowsers(pagesDir, folder),
      );
      await step('Bundling the module for Node, the hooks, the element and the types', () =>
        run(process.execPath, join(ROOT, 'deploy/bundle-sdk.mjs'), folder),
      );
      await writeManifest(folder);
      await mkdir(target, { recursive: true });
      const name = await step('Packing', () =>
        run('npm', 'pack', folder, '--pack-destination', target, '--loglevel', 'error'),
      );
      const file = join(target, name.trim());
      console.log(await sizesOf(folder, file));
      console.log(`The SDK is packed. In your project: npm install ${file}`);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  },
  USAGE,
  1,
);

/**
 * Says what is done, and how long it took.
 * @template Result
 * @param {string} name
 * @param {() => Promise<Result>} work
 * @returns {Promise<Result>}
 */
async function step(name, work) {
  const startedAtMs = Date.now();
  process.stdout.write(`${name} ... `);
  const result = await work();
  console.log(`${((Date.now() - startedAtMs) / 1_000).toFixed(1)} s`);
  return result;
}

/**
 * @param {string} pagesDir the built pages, which include the SDK for browsers
 * @param {string} folder
 */
async function copyForBrowsers(pagesDir, folder) {
  for (const file of await filesOfSdk(pagesDir)) await cp(join(pagesDir, file), join(folder, 'dist', file));
  await cp(join(pagesDir, 'models'), join(folder, 'dist/models'), { recursive: true });
}

/** @param {string} folder */
async function writeManifest(folder) {
  await cp(join(ROOT, 'deploy/sdk'), folder, { recursive: true });
  await cp(join(ROOT, 'docs/sdk.md'), join(folder, 'README.md'));
  const { name, version, description, license, engines } = JSON.parse(
    await readFile(join(ROOT, 'package.json'), 'utf8'),
  );
  const manifest = {
    ...{ name, version, description, license, type: 'module', engines },
    exports: {
      '.': { types: './p2c2r.d.ts', node: './node.js', default: './dist/p2c2r.js' },
      ...Object.fromEntries(
        ['react', 'preact', 'element', 'vite'].map((part) => [
          `./${part}`,
          { types: `./${part}.d.ts`, default: `./${part}.js` },
        ]),
      ),
      './dist/*': './dist/*',
    },
    // The oldest with the hooks that are used.
    peerDependencies: { preact: '>=10.0.0', react: '>=16.8.0', vite: '>=5.0.0' },
    peerDependenciesMeta: { preact: { optional: true }, react: { optional: true }, vite: { optional: true } },
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
 * What the package weighs.
 * @param {string} folder
 * @param {string} file the packed one
 */
async function sizesOf(folder, file) {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const sizes = { networks: 0, 'onnxruntime-web': 0, 'all else': 0 };
  for (const name of files) {
    const { size } = await stat(name);
    if (relative(folder, name).startsWith(join('dist', 'models'))) sizes.networks += size;
    else if (basename(name).startsWith('ort')) sizes['onnxruntime-web'] += size;
    else sizes['all else'] += size;
  }
  const megabytes = (/** @type {number} */ bytes) => `${(bytes / 1e6).toFixed(1)} MB`;
  const parts = Object.entries(sizes).map(([what, bytes]) => `${what} ${megabytes(bytes)}`);
  return `${files.length} files, packed ${megabytes((await stat(file)).size)}; unpacked: ${parts.join(', ')}`;
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
