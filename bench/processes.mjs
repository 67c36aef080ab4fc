import { readFile } from 'node:fs/promises';

const PAGE_BYTES = 4_096;
/** USER_HZ, which Linux has told programs for decades (proc(5), times(2)). */
const TICKS_PER_S = 100;

/**
 * Memory that a browser's processes hold, bytes by their type; empty where the system does not tell.
 * @param {import('playwright').CDPSession} session the browser's
 * @returns {Promise<Record<string, number>>}
 */
export async function residentBytes(session) {
  const { processInfo } = await session.send('SystemInfo.getProcessInfo');
  /** @type {Record<string, number>} */
  const bytes = {};
  for (const { id, type } of processInfo) {
    const held = await residentBytesOf(id);
    if (held > 0) bytes[type] = (bytes[type] ?? 0) + held;
  }
  return bytes;
}

/**
 * Memory that one process holds.
 * @param {number} pid
 * @returns {Promise<number>} NaN where the system does not tell
 */
export async function residentBytesOf(pid) {
  // Its second number (proc(5)): resident pages.
  const statm = await readFile(`/proc/${pid}/statm`, 'utf8').catch(() => '');
  return Number(statm.split(' ')[1]) * PAGE_BYTES;
}

/**
 * Processor time that one process has used, with all its threads, s.
 * @param {number} pid
 * @returns {Promise<number>} NaN where the system does not tell
 */
export async function cpuSecondsOf(pid) {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  // Fields 14 and 15 (proc(5)), user's and system's; the name before them may hold spaces.
  const [user, system] = stat
    .slice(stat.lastIndexOf(')') + 2)
    .split(' ')
    .slice(11, 13);
  return (Number(user) + Number(system)) / TICKS_PER_S;
}
