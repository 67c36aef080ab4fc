import { createHash } from 'node:crypto';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join, sep } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { isAlive, ROOT, runChild } from './child.mjs';
import { hasCode, SetupError } from './failure.mjs';

const LOCKFILE = join(ROOT, 'package-lock.json');
/** npm's own record of the installed packages. */
const INSTALLED = join(ROOT, 'node_modules/.package-lock.json');
/** Inside node_modules, so that it is deleted with them. */
const STAMP = join(ROOT, 'node_modules/.p2c2r-stamp');
const LOCK = join(ROOT, '.build/install.lock');
const LOCK_POLL_MS = 250;
/** The least minor version of each major one, as Vite needs them; later major versions need none. */
const LEAST_MINORS = new Map([
  [20, 19],
  [22, 12],
]);
const [nodeMajor = 0, nodeMinor = 0] = process.versions.node.split('.').map(Number);

/** Vite takes what follows these for the fragment or the query of a file's address, and finds no file. */
const UNBUILDABLE = /[#?]/;

/**
 * Installs the packages of package-lock.json for this version of Node, unless they are installed already.
 * @throws {SetupError} when this Node is too old, nothing could be built in this folder, or npm fails
 */
export async function ensureInstalled() {
  const leastMinor = LEAST_MINORS.get(nodeMajor) ?? (nodeMajor > 22 ? 0 : Number.POSITIVE_INFINITY);
  if (nodeMinor < leastMinor) {
    throw new SetupError(`P2C2R needs Node 20.19+, or 22.12 and later; this is ${process.version}.`);
  }
  const unbuildable = ROOT.split(sep).find((name) => UNBUILDABLE.test(name));
  if (unbuildable !== undefined) {
    throw new SetupError(
      `P2C2R cannot be built in ${ROOT}: the bundler does not find files in a folder with # or ? in its name. Rename the folder "${unbuildable}", or move P2C2R elsewhere.`,
    );
  }
  if (await isInstalled()) return;
  await withLock(LOCK, async () => {
    if (!(await isInstalled())) await install();
  });
}

async function isInstalled() {
  const stamp = await readIfPresent(STAMP);
  if (stamp === (await currentStamp())) return true;
  const isForOtherNode = stamp !== null && !stamp.startsWith(`node ${nodeMajor}\n`);
  if (isForOtherNode || !(await matchesLockfile())) return false;
  // Somebody ran npm by hand.
  await writeFile(STAMP, await currentStamp());
  return true;
}

async function currentStamp() {
  const hash = createHash('sha256').update(await readFile(LOCKFILE));
  return `node ${nodeMajor}\n${hash.digest('hex')}\n`;
}

/**
 * @typedef {object} LockedPackage
 * @property {string} [version]
 * @property {string} [integrity]
 * @property {boolean} [optional]
 */

async function matchesLockfile() {
  const installedText = await readIfPresent(INSTALLED);
  if (installedText === null) return false;
  /** @type {Record<string, LockedPackage>} */
  const wanted = JSON.parse(await readFile(LOCKFILE, 'utf8')).packages;
  /** @type {Record<string, LockedPackage>} */
  const installed = JSON.parse(installedText).packages;
  return (
    Object.keys(installed).every((path) => path in wanted) &&
    Object.entries(wanted).every(([path, { version, integrity, optional }]) => {
      // The empty path is this project itself. Optional packages are often for another platform.
      if (path === '') return true;
      const found = installed[path];
      return found ? found.version === version && found.integrity === integrity : optional === true;
    })
  );
}

async function install() {
  console.log('Installing the packages of package-lock.json ...');
  const [program, npm] = npmCommand();
  // Install scripts are skipped, since packages with native code bring it prebuilt. npm 10 would run them and could need a compiler,
  // npm 11 would ask first.
  const args = [...npm, 'ci', '--include=dev', '--ignore-scripts', '--no-audit', '--no-fund'];
  const { code } = await runChild(program, args).catch((cause) => {
    if (!hasCode(cause, 'ENOENT')) throw cause;
    throw new SetupError('npm was not found. It comes with Node: https://nodejs.org');
  });
  if (code !== 0) {
    throw new SetupError(
      `\nThe packages could not be installed: npm ci ended with code ${code}; its output above says why. ` +
        'It needs the npm registry (see `npm config get registry`) and some 700 MB of disk; then run this again.',
    );
  }
  await writeFile(STAMP, await currentStamp());
}

/**
 * The npm that runs this script, otherwise the one on the PATH.
 * @returns {[string, string[]]}
 */
export function npmCommand() {
  const ours = process.env.npm_execpath;
  return ours?.endsWith('npm-cli.js') ? [process.execPath, [ours]] : ['npm', []];
}

/** @param {string} file */
async function readIfPresent(file) {
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    if (hasCode(cause, 'ENOENT')) return null;
    throw cause;
  }
}

/**
 * Runs `work` while no other process of this checkout holds the same lock, and waits until then. The file holds the process id of
 * the owner, so that the lock of a killed process counts as free.
 * @template T
 * @param {string} file
 * @param {() => Promise<T>} work
 * @returns {Promise<T>}
 */
async function withLock(file, work) {
  await mkdir(dirname(file), { recursive: true });
  while (!(await acquire(file))) await sleep(LOCK_POLL_MS);
  try {
    return await work();
  } finally {
    await rm(file, { force: true });
  }
}

/** @param {string} file */
async function acquire(file) {
  try {
    await writeFile(file, String(process.pid), { flag: 'wx' });
    return true;
  } catch (cause) {
    if (!hasCode(cause, 'EEXIST')) throw cause;
  }
  const owner = await readFile(file, 'utf8').catch(() => '');
  // Empty: its owner has just created it and not yet written it, or has just released it.
  if (owner !== '' && !isAlive(Number(owner))) {
    // Of several processes that find the owner dead, only one can move the file away.
    const dead = `${file}.${process.pid}`;
    await rename(file, dead).catch((cause) => {
      if (!hasCode(cause, 'ENOENT')) throw cause;
    });
    await rm(dead, { force: true });
  }
  return false;
}
