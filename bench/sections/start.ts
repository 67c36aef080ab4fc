import type { Context, Section, Site } from '../context.ts';
import { figure, type Row, text } from '../report.ts';

/** Starts after the first, of which the slowest counts. */
const LATER_STARTS = 3;
/** Within which a volunteer that has started here before must serve, ms. */
const MOST_LATER_MS = 1_000;

/** How long a person who pressed Start waits until a volunteer serves, on a first visit and on later ones, which remember the machine's speeds. */
export const start: Section = {
  name: 'start',
  about: 'from opening a volunteer’s page to its serving, on a first visit and on later ones',
  async run(context: Context) {
    const site = await context.openSite({});
    const first = await startOnce(site, 0);
    const laterMs: number[] = [];
    for (let n = 1; n <= LATER_STARTS; n++) laterMs.push((await startOnce(site, n)).tookMs);
    await site.browser.close();
    const rows: Row[] = [
      text('computes on', first.adapter),
      figure('first start', first.tookMs, 'ms'),
      figure('the slowest of the later starts', Math.max(...laterMs), 'ms', {
        note: laterMs.map((ms) => ms.toFixed(0)).join(', '),
        atMost: MOST_LATER_MS,
      }),
    ];
    return rows;
  },
};

/** Opens a page, starts a volunteer in a room of its own, and closes it again. What was measured stays in the browser. */
async function startOnce(site: Site, n: number): Promise<{ tookMs: number; adapter: string }> {
  const startMs = performance.now();
  const { page, capabilities } = await site.volunteer({ room: `start ${n}` });
  const tookMs = performance.now() - startMs;
  await page.close();
  return { tookMs, adapter: capabilities.adapter };
}
