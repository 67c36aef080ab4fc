import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { hasCode } from './failure.mjs';

const POLL_MS = 250;

/**
 * Does `work` while no other process of this checkout does what the same lock guards; waits for its turn.
 * The file holds the owner's process id, so that a lock whose owner was killed is nobody's.
 * @template T
 * @param {string} file
 * @param {() => Promise<T>} work
 * @returns {Promise<T>}
 */
export async function withLock(file, work) {
  await mkdir(dirname(file), { recursive: true });
  while (!(await take(file))) await sleep(POLL_MS);
  try {
    return await work();
  } finally {
    await rm(file, { force: true });
  }
}

/** @param {string} file */
async function take(file) {
  try {
    await writeFile(file, String(process.pid), { flag: 'wx' });
    return true;
  } catch (cause) {
    if (!hasCode(cause, 'EEXIST')) throw cause;
  }
  const owner = await readFile(file, 'utf8').catch(() => '');
  // Empty: its owner is between making and writing it, or has just let go.
  if (owner !== '' && !isAlive(Number(owner))) {
    // Of several who find it dead, one can move it away.
    const dead = `${file}.${process.pid}`;
    await rename(file, dead).catch((cause) => {
      if (!hasCode(cause, 'ENOENT')) throw cause;
    });
    await rm(dead, { force: true });
  }
  return false;
}

/** @param {number} pid */
export function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (cause) {
    // It may be another user's.
    return hasCode(cause, 'EPERM');
  }
}
