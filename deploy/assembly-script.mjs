import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rename } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { ROOT, runChild } from './child.mjs';

/** The sources in AssemblyScript, and the folder of what was compiled from them. */
const SOURCES = join(ROOT, 'web/compute/wasm/assembly');
const COMPILED = join(ROOT, '.build/wasm');
const PACKAGE = join(ROOT, 'node_modules/assemblyscript/package.json');
const COMPILER = join(ROOT, 'node_modules/assemblyscript/bin/asc.js');

/**
 * The two builds of the same sources, by the name that pages import. A module says for good whether its memory is shared between threads,
 * which only a page that is cross-origin isolated may have. Sizes in pages of 64 KiB.
 */
const BUILDS = new Map([
  ['kernels.wasm', []],
  [
    'kernels-threads.wasm',
    ['--enable', 'threads', '--sharedMemory', '--initialMemory', '1', '--maximumMemory', '8192'],
  ],
]);

const OPTIONS = [
  ...['--optimizeLevel', '3', '--shrinkLevel', '0', '--converge', '--noAssert'],
  ...['--enable', 'simd', '--runtime', 'stub', '--importMemory'],
  // Vectors are passed between functions of the module only.
  ...['--disableWarning', '112'],
];

/** Compiles all that is not compiled yet. It rejects only where {@link compiledKernels} does. */
export const compileKernels = () => Promise.all([...BUILDS.keys()].map(compiledKernels));

/**
 * Compiles the kernels of the processor, unless that was done.
 * @param {string} name `kernels.wasm` or `kernels-threads.wasm`
 * @returns {Promise<string>} path of the module
 * @throws {Error} with the compiler's output
 */
export async function compiledKernels(name) {
  const options = BUILDS.get(name);
  if (!options) throw new Error(`There is no build ${name} of the kernels.`);
  const args = [...OPTIONS, ...options];
  const { version } = JSON.parse(await readFile(PACKAGE, 'utf8'));
  const hash = createHash('sha256').update(JSON.stringify([version, ...args]));
  for (const file of await sourceFiles()) hash.update(`${relative(SOURCES, file)}\0`).update(await readFile(file));
  const path = join(COMPILED, hash.digest('hex').slice(0, 16), name);
  if (!existsSync(path)) {
    // The pages and each of their workers ask for it at the same time.
    const compiling = running.get(path) ?? compile(args, path).finally(() => running.delete(path));
    running.set(path, compiling);
    await compiling;
  }
  return path;
}

/** @type {Map<string, Promise<void>>} compilations by path */
const running = new Map();

/** @returns {Promise<string[]>} absolute paths, in a fixed order */
export async function sourceFiles() {
  const names = await readdir(SOURCES);
  return names
    .filter((name) => name.endsWith('.ts'))
    .sort()
    .map((name) => join(SOURCES, name));
}

/**
 * @param {readonly string[]} options
 * @param {string} path
 */
async function compile(options, path) {
  const unfinished = `${path}-${process.pid}.wasm`;
  await mkdir(join(path, '..'), { recursive: true });
  // In a process of its own: it computes for seconds, in which the bundler needs its own.
  const args = ['index.ts', '--baseDir', SOURCES, '--outFile', unfinished, ...options];
  const { code, output } = await runChild(process.execPath, [COMPILER, ...args], { quiet: true });
  if (code !== 0) throw new Error(`The kernels in web/compute/wasm/assembly do not compile:\n${output}`);
  // Other processes may be doing the same.
  await rename(unfinished, path);
}

/**
 * Lets modules import the address of a build, as in `import url from './kernels.wasm?url'`.
 * @type {import('vite').Plugin}
 */
export const wasmKernels = {
  name: 'wasm-kernels',
  enforce: 'pre',
  async resolveId(id) {
    const name = /^\.\/(kernels(?:-threads)?\.wasm)\?url$/.exec(id)?.[1];
    if (!name) return null;
    for (const file of await sourceFiles()) this.addWatchFile(file);
    return `${await compiledKernels(name)}?url`;
  },
};
