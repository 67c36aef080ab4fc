import { readFile } from 'node:fs/promises';
import type { CDPSession, Page, Worker } from 'playwright';
import type { Site } from './context.ts';

/** What processes, pages and workers use of the machine. */

const PAGE_BYTES = 4_096;
/** USER_HZ, a constant of Linux's interface to programs (proc(5), times(2)). */
const TICKS_PER_S = 100;
const MIB = 2 ** 20;

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

/** Resident memory of a browser's processes by their type, MiB; empty where there is no /proc. */
export async function residentByType(browser: CDPSession): Promise<Held> {
  const { processInfo } = await browser.send('SystemInfo.getProcessInfo');
  const held: Held = {};
  for (const { id, type } of processInfo) {
    const bytes = await residentBytesOf(id);
    const name = `resident, ${type}, MiB`;
    if (bytes > 0) held[name] = (held[name] ?? 0) + bytes / MIB;
  }
  return held;
}

/** Figures by name: memory in MiB, and counts. */
export type Held = Record<string, number>;

/** A browser's flag that makes a page's memory known after a garbage collection at once, instead of whenever the next one happens. */
export const EAGER_MEMORY = '--enable-blink-features=ForceEagerMeasureMemory';

type MeasuredPerformance = Performance & { measureUserAgentSpecificMemory(): Promise<{ bytes: number }> };

/**
 * From now on counts what the workers of new pages hold; the site must serve the page `ledger` and its browser have {@link EAGER_MEMORY}.
 *
 * @returns what named pages with their workers, and the workers of all pages, hold now
 */
export function watchHeld({ pages }: Site): (named: Record<string, Page>) => Promise<Held> {
  const workers = new Set<Worker>();
  pages.on('page', (page) =>
    page.on('worker', async (worker) => {
      await heldBy(worker);
      workers.add(worker);
      worker.on('close', () => workers.delete(worker));
    }),
  );
  return async (named) => {
    const held: Held = {};
    for (const [name, page] of Object.entries(named)) {
      const measure = () => (performance as MeasuredPerformance).measureUserAgentSpecificMemory();
      held[`memory of the ${name}'s page, MiB`] = (await page.evaluate(measure)).bytes / MIB;
    }
    for (const worker of workers) {
      for (const [what, count] of Object.entries(await heldBy(worker))) {
        const name = `${what === 'frames' ? 'open VideoFrames' : `GPU ${what}`}, all workers`;
        held[name] = (held[name] ?? 0) + count;
      }
    }
    return held;
  };
}

/** What a worker holds, as bench/pages/ledger.ts counts it from its first call on. */
function heldBy(worker: Worker) {
  return worker.evaluate(
    async (url): Promise<{ frames: number; buffers: number; textures: number }> => (await import(url)).held(),
    '/bench/ledger.js',
  );
}
