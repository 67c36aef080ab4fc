import { mkdir, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ROOT } from './child.mjs';
import { hasCode } from './failure.mjs';
import { isAlive } from './lock.mjs';

/** Where builds lie, each named after its sources. */
export const BUILDS = join(ROOT, '.build');
/** An empty file `<build>-<process id>` for each process that uses a build. */
const IN_USE = join(BUILDS, 'in-use');

const BUILD = /^[0-9a-f]{16}$/;
const UNFINISHED = /^(?:unfinished|old)-.*-(\d+)$/;
/** Going back to a build of a moment ago should not cost another. */
const KEPT_BUILDS = 4;

/**
 * Keeps a build for as long as this process lives.
 * @param {string} hash
 */
export async function markInUse(hash) {
  await mkdir(IN_USE, { recursive: true });
  await writeFile(join(IN_USE, `${hash}-${process.pid}`), '');
}

/** Removes all but the newest builds and those in use, and what killed processes have left. */
export async function forgetOldBuilds() {
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
    // Another process has just removed it.
    if (hasCode(cause, 'ENOENT')) return { name, changedAtMs: 0 };
    throw cause;
  }
}

/**
 * In one step under its own name, so that nobody starts with half a build.
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
