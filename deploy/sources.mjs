import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { ROOT } from './child.mjs';
import { hasCode } from './failure.mjs';

/** Everything that a build is made of: its sources, what they import, and how it is made. */
const INPUTS = [
  'web',
  'shared',
  'examples',
  'signaling-server',
  'package.json',
  'package-lock.json',
  'vite.config.ts',
  'tsconfig.json',
  'deploy/bundle.mjs',
];
const TEST = /\.test\.tsx?$/;
const HASH_DIGITS = 16;

/**
 * Names a build after what goes into it: equal sources, equal name, whatever their dates.
 * @returns {Promise<string>} 16 hexadecimal digits
 */
export async function hashSources() {
  const hash = createHash('sha256');
  for (const file of (await Promise.all(INPUTS.map(filesIn))).flat().sort()) {
    const content = await readIfStillThere(file);
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
async function readIfStillThere(file) {
  try {
    return await readFile(file);
  } catch (cause) {
    // An editor replaces a file by another: the next hash will tell.
    if (hasCode(cause, 'ENOENT')) return null;
    throw cause;
  }
}
