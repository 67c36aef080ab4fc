import { readFile } from 'node:fs/promises';
import type { CDPSession } from 'playwright';

const PAGE_BYTES = 4_096;
/** USER_HZ, a constant of Linux's interface to programs (proc(5), times(2)). */
const TICKS_PER_S = 100;

/** Resident memory of a browser's processes, bytes by their type; empty where there is no /proc. */
export async function residentBytesByType(browser: CDPSession): Promise<Record<string, number>> {
  const { processInfo } = await browser.send('SystemInfo.getProcessInfo');
  const bytes: Record<string, number> = {};
  for (const { id, type } of processInfo) {
    const resident = await residentBytesOf(id);
    if (resident > 0) bytes[type] = (bytes[type] ?? 0) + resident;
  }
  return bytes;
}

/** Resident memory of one process; NaN where there is no /proc. */
export async function residentBytesOf(pid: number): Promise<number> {
  // The second number is resident pages (proc(5)).
  const statm = await readFile(`/proc/${pid}/statm`, 'utf8').catch(() => '');
  return Number(statm.split(' ')[1]) * PAGE_BYTES;
}

/** Does the work, and reads what processor time it cost a process with all its threads; NaN where there is no /proc. */
export async function withCpuOf<T>(pid: number, work: () => Promise<T>) {
  const [cpuBeforeS, startedMs] = [await cpuSecondsOf(pid), performance.now()];
  const value = await work();
  const tookS = (performance.now() - startedMs) / 1_000;
  return { value, cpuS: (await cpuSecondsOf(pid)) - cpuBeforeS, tookS };
}

async function cpuSecondsOf(pid: number): Promise<number> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  // Fields 14 and 15 are user and system time (proc(5)); the name before them may contain spaces.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_S;
}
