import { createHash } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ROOT, runChild } from './child.mjs';
import { hasCode, SetupError } from './failure.mjs';
import { withLock } from './lock.mjs';

const LOCKFILE = join(ROOT, 'package-lock.json');
/** What npm itself notes down about the packages it has put there. */
const INSTALLED = join(ROOT, 'node_modules/.package-lock.json');
/** Inside node_modules, so that it goes when they go. */
const STAMP = join(ROOT, 'node_modules/.p2c2r-stamp');
const LEAST_NODE_MAJOR = 20;
const nodeMajor = Number(process.versions.node.split('.', 1)[0]);

/**
 * Makes node_modules what package-lock.json says, for this Node; does nothing when it already is.
 * @throws {SetupError} when this Node is too old or npm fails
 */
export async function ensureInstalled() {
  if (nodeMajor < LEAST_NODE_MAJOR) {
    throw new SetupError(`P2C2R needs Node ${LEAST_NODE_MAJOR} or newer; this is ${process.version}.`);
  }
  if (await isInstalled()) return;
  await withLock(join(ROOT, '.build/install.lock'), async () => {
    if (!(await isInstalled())) await install();
  });
}

async function isInstalled() {
  const stamp = await readIfThere(STAMP);
  if (stamp === (await currentStamp())) return true;
  const isForOtherNode = stamp !== null && !stamp.startsWith(`node ${nodeMajor}\n`);
  if (isForOtherNode || !(await isWhatTheLockfileSays())) return false;
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

async function isWhatTheLockfileSays() {
  const installedText = await readIfThere(INSTALLED);
  if (installedText === null) return false;
  /** @type {Record<string, LockedPackage>} */
  const wanted = JSON.parse(await readFile(LOCKFILE, 'utf8')).packages;
  /** @type {Record<string, LockedPackage>} */
  const installed = JSON.parse(installedText).packages;
  return (
    Object.keys(installed).every((path) => path in wanted) &&
    Object.entries(wanted).every(([path, { version, integrity, optional }]) => {
      // The first is this project itself; optional ones are often another platform's.
      if (path === '') return true;
      const found = installed[path];
      return found ? found.version === version && found.integrity === integrity : optional === true;
    })
  );
}

async function install() {
  console.log('Installing the packages of package-lock.json ...');
  const [program, npm] = npmCommand();
  // No package needs its install script: those with native code bring it prebuilt. npm 10 runs them, npm 11 asks first,
  // and without them neither a compiler nor a question is needed.
  const args = [...npm, 'ci', '--include=dev', '--ignore-scripts', '--no-audit', '--no-fund'];
  const { code } = await runChild(program, args).catch((cause) => {
    if (!hasCode(cause, 'ENOENT')) throw cause;
    throw new SetupError('npm was not found. It comes with Node: https://nodejs.org');
  });
  if (code !== 0) {
    throw new SetupError(
      `\nThe packages could not be installed: npm ci ended with code ${code}, and says why above. ` +
        'It needs the npm registry (see `npm config get registry`) and some 500 MB of disk; then run this again.',
    );
  }
  await writeFile(STAMP, await currentStamp());
}

/**
 * The npm that runs us, else the one on the PATH.
 * @returns {[string, string[]]}
 */
function npmCommand() {
  const ours = process.env.npm_execpath;
  return ours?.endsWith('npm-cli.js') ? [process.execPath, [ours]] : ['npm', []];
}

/** @param {string} file */
async function readIfThere(file) {
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    if (hasCode(cause, 'ENOENT')) return null;
    throw cause;
  }
}
