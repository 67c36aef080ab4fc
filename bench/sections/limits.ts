import type { Section } from '../context.ts';
import type * as LimitsPage from '../pages/limits.ts';
import { figure, type Row, text } from '../report.ts';

const SHARES = [0.1, 0.25, 0.5];
const SPAN_MS = 30_000;

export const limits: Section = {
  name: 'limits',
  about: 'the part of the time in which an engine computes at gpuShare 0.1, 0.25 and 0.5, under full demand for 30 s',
  async run(context) {
    const site = await context.openSite({ modules: ['limits'] });
    const rows: Row[] = [];
    for (const backend of ['js', 'wgsl'] as const) {
      const engine = await site.page<typeof LimitsPage>('limits', await site.browser.newContext());
      const { adapter, kept } = await engine.call('measureShares', backend, SHARES, SPAN_MS);
      await engine.page.close();
      if (backend === 'wgsl') rows.push(text('wgsl runs on', adapter));
      for (const { share, busy, done } of kept) {
        rows.push(
          figure(`${backend}: off from gpuShare ${share}`, Math.abs(busy / share - 1) * 100, '%', {
            note: `busy ${(100 * busy).toFixed(1)} % of the time; did ${(100 * done).toFixed(1)} % of the work of a share of 1`,
            atMost: 10,
          }),
        );
      }
    }
    return rows;
  },
};
