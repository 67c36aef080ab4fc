import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { basename, join, relative, sep } from 'node:path';
import { isAlive, ROOT, runChild } from './child.mjs';
import { hasCode, SetupError } from './failure.mjs';

/**
 * @typedef {object} Build
 * @property {string} folder absolute path; the name is the hash of the sources
 * @property {string} pagesDir what the server serves
 * @property {string} serverFile the server as an ES module for Node
 */

/** Folder of all builds. */
const BUILDS = join(ROOT, '.build');
/** Holds an empty file `<build>-<process id>` for each process that uses a build. */
const IN_USE = join(BUILDS, 'in-use');

const BUILD = /^[0-9a-f]{16}$/;
const UNFINISHED = /^(?:unfinished|old)-.*-(\d+)$/;
/** How many of the newest builds are kept, so that undoing a change does not need another build. */
const KEPT_BUILDS = 4;

/** Everything that affects the result of a build. */
const INPUTS = [
  'web',
  'shared',
  'examples',
  'signaling-server',
  'docs',
  'README.md',
  'CONTRIBUTING.md',
  'SECURITY.md',
  'training/README.md',
  'training/capture/README.md',
  'package.json',
  'package-lock.json',
  'vite.config.ts',
  'tsconfig.json',
  'deploy/assembly-script.mjs',
  'deploy/bundle.mjs',
  'deploy/docs-site',
  'deploy/page-parts.mjs',
  'deploy/vite-plugins.mjs',
];
const TEST = /\.test\.tsx?$/;
const HASH_DIGITS = 16;

/** The sources may change during a build. An editor that keeps saving must not keep us building forever. */
const MAX_TRIES = 3;

/**
 * Builds the pages, the SDK and the server, unless a build of the same sources exists. A finished build appears in one step, in a
 * folder named after the hash of its sources. So several processes may build at the same time, and a running server keeps the build
 * it started with. The build is not deleted while this process lives.
 * @returns {Promise<Build>}
 * @throws {SetupError} when the sources cannot be built
 */
export async function ensureBuilt() {
  for (let tries = 0; tries < MAX_TRIES; tries++) {
    const hash = await hashSources();
    const folder = join(BUILDS, hash);
    await keepBuild(folder);
    if (!(await exists(folder)) && !(await makeBuild(hash, folder))) continue;
    const now = new Date();
    await utimes(folder, now, now);
    await deleteOldBuilds();
    return { folder, pagesDir: join(folder, 'pages'), serverFile: join(folder, 'server/main.js') };
  }
  throw new SetupError('The sources kept changing during the build. Run this again when nobody is editing them.');
}

/**
 * @param {string} hash
 * @param {string} folder of the finished build
 * @returns {Promise<boolean>} false when the sources changed during the build, so that it was discarded
 */
async function makeBuild(hash, folder) {
  console.log('Building the pages and the server ...');
  const startedAtMs = Date.now();
  const unfinished = join(BUILDS, `unfinished-${hash}-${process.pid}`);
  try {
    await mkdir(unfinished, { recursive: true });
    const { code, output } = await runChild(process.execPath, [join(ROOT, 'deploy/bundle.mjs'), unfinished], {
      quiet: true,
    });
    const isStale = (await hashSources()) !== hash;
    if (isStale) return false;
    if (code !== 0) throw new SetupError(`${output.trim()}\n\nThe build failed; the output above says why.`);
    if (output.trim()) console.log(output.trim());
    await putInPlace(unfinished, folder);
  } finally {
    await rm(unfinished, { recursive: true, force: true });
  }
  console.log(`Built in ${((Date.now() - startedAtMs) / 1_000).toFixed(1)} s.`);
  return true;
}

/**
 * @param {string} unfinished
 * @param {string} folder
 */
async function putInPlace(unfinished, folder) {
  try {
    await rename(unfinished, folder);
  } catch (cause) {
    // Another process finished a build of the same sources first: use that one.
    if (!hasCode(cause, 'ENOTEMPTY') && !hasCode(cause, 'EEXIST') && !hasCode(cause, 'EPERM')) throw cause;
    if (!(await exists(folder))) throw cause;
  }
}

/** @param {string} path */
async function exists(path) {
  try {
    await stat(path);
    return true;
  } catch (cause) {
    if (hasCode(cause, 'ENOENT')) return false;
    throw cause;
  }
}

/**
 * Hashes the contents of all inputs, which names the build. Modification dates do not matter.
 * @returns {Promise<string>} 16 hexadecimal digits
 */
async function hashSources() {
  const hash = createHash('sha256');
  for (const file of (await Promise.all(INPUTS.map(filesIn))).flat().sort()) {
    const content = await readIfPresent(file);
    if (content) hash.update(`${relative(ROOT, file).split(sep).join('/')}\0${content.length}\0`).update(content);
  }
  return hash.digest('hex').slice(0, HASH_DIGITS);
}

/** @param {string} input a file or a folder */
async function filesIn(input) {
  const path = join(ROOT, input);
  try {
    const entries = await readdir(path, { recursive: true, withFileTypes: true });
    return entries
      .filter((entry) => entry.isFile() && !TEST.test(entry.name) && !entry.name.startsWith('.'))
      .map((entry) => join(entry.parentPath, entry.name));
  } catch (cause) {
    if (hasCode(cause, 'ENOTDIR')) return [path];
    if (hasCode(cause, 'ENOENT')) return [];
    throw cause;
  }
}

/** @param {string} file */
async function readIfPresent(file) {
  try {
    return await readFile(file);
  } catch (cause) {
    // An editor is just replacing the file; the next hash will include it.
    if (hasCode(cause, 'ENOENT')) return null;
    throw cause;
  }
}

/**
 * Protects a build from deletion while this process lives.
 * @param {string} folder of the build
 */
export async function keepBuild(folder) {
  await mkdir(IN_USE, { recursive: true });
  await writeFile(join(IN_USE, `${basename(folder)}-${process.pid}`), '');
}

/** Deletes all builds but the newest and those in use, and whatever killed processes left behind. */
async function deleteOldBuilds() {
  const inUse = await buildsInUse();
  const names = await readdir(BUILDS);
  const builds = await Promise.all(names.filter((name) => BUILD.test(name)).map(withDate));
  builds.sort((a, b) => b.changedAtMs - a.changedAtMs);
  for (const { name } of builds.slice(KEPT_BUILDS)) {
    if (!inUse.has(name)) await remove(name);
  }
  for (const name of names) {
    const owner = UNFINISHED.exec(name)?.[1];
    if (owner && !isAlive(Number(owner))) await rm(join(BUILDS, name), { recursive: true, force: true });
  }
}

async function buildsInUse() {
  /** @type {Set<string>} */
  const inUse = new Set();
  for (const name of await readdir(IN_USE)) {
    const [hash = '', pid] = name.split('-');
    if (isAlive(Number(pid))) inUse.add(hash);
    else await rm(join(IN_USE, name), { force: true });
  }
  return inUse;
}

/** @param {string} name */
async function withDate(name) {
  try {
    return { name, changedAtMs: (await stat(join(BUILDS, name))).mtimeMs };
  } catch (cause) {
    // Another process has just deleted it.
    if (hasCode(cause, 'ENOENT')) return { name, changedAtMs: 0 };
    throw cause;
  }
}

/**
 * Moves the folder away before deleting it, so that nobody starts with half a build.
 * @param {string} name
 */
async function remove(name) {
  const old = join(BUILDS, `old-${name}-${process.pid}`);
  try {
    await rename(join(BUILDS, name), old);
  } catch (cause) {
    if (hasCode(cause, 'ENOENT')) return;
    throw cause;
  }
  await rm(old, { recursive: true, force: true });
}
