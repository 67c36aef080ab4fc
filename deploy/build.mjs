import { mkdir, rename, rm, stat, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { BUILDS, forgetOldBuilds, markInUse } from './build-folders.mjs';
import { ROOT, runChild } from './child.mjs';
import { hasCode, SetupError } from './failure.mjs';
import { hashSources } from './sources.mjs';

/**
 * @typedef {object} Build
 * @property {string} folder absolute; its name is the hash of its sources
 * @property {string} pagesDir what the server serves
 * @property {string} serverFile the server, an ES module for Node
 */

/** Sources may change while they are built; an editor that saves all the time must not hold us for ever. */
const MAX_TRIES = 3;

/**
 * Builds the pages, the SDK and the server, unless a build of just these sources is there. A build appears in whole, under a
 * name no other sources have, so several processes may ask at once, and what is running keeps the build it started with.
 * It is kept as long as this process lives.
 * @returns {Promise<Build>}
 * @throws {SetupError} when the sources cannot be built
 */
export async function ensureBuilt() {
  for (let tries = 0; tries < MAX_TRIES; tries++) {
    const hash = await hashSources();
    const folder = join(BUILDS, hash);
    await markInUse(hash);
    if (!(await isThere(folder)) && !(await makeBuild(hash, folder))) continue;
    const now = new Date();
    await utimes(folder, now, now);
    await forgetOldBuilds();
    return { folder, pagesDir: join(folder, 'pages'), serverFile: join(folder, 'server/main.js') };
  }
  throw new SetupError('The sources kept changing while they were built. Run this again when they are at rest.');
}

/**
 * @param {string} hash
 * @param {string} folder where it shall be
 * @returns {Promise<boolean>} false when the sources have changed meanwhile, and there is no such build
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
    if (code !== 0) throw new SetupError(`${output.trim()}\n\nThe build failed; the reason is above.`);
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
    // Another process has built the same sources and was first: its build is as good.
    if (!hasCode(cause, 'ENOTEMPTY') && !hasCode(cause, 'EEXIST') && !hasCode(cause, 'EPERM')) throw cause;
    if (!(await isThere(folder))) throw cause;
  }
}

/** @param {string} path */
async function isThere(path) {
  try {
    await stat(path);
    return true;
  } catch (cause) {
    if (hasCode(cause, 'ENOENT')) return false;
    throw cause;
  }
}
