import { readFile } from 'node:fs/promises';

const PAGE_BYTES = 4_096;

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
    // Its second number (proc(5)): resident pages.
    const statm = await readFile(`/proc/${id}/statm`, 'utf8').catch(() => '');
    const pages = Number(statm.split(' ')[1]);
    if (pages > 0) bytes[type] = (bytes[type] ?? 0) + pages * PAGE_BYTES;
  }
  return bytes;
}
