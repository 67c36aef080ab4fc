import { figure, said } from '../rows.mjs';
import { call, openPage, openVolunteer } from '../stage.mjs';

const BACKENDS = /** @type {const} */ (['js', 'wgsl']);
const SIZE = { width: 160, height: 90 };
const LOAD = { window: 4, durationMs: 3_000 };

/** @type {import('../run.mjs').Section} */
export const section = {
  name: 'backends',
  about: 'each way to compute that this machine has: what it measured of itself, and what a gamer gets of it',
  async run(context) {
    /** @type {typeof import('../cost.ts')} */
    const { upscaleCost } = await context.load('bench/cost.ts');
    const server = await context.startServer();
    const browser = await context.launchBrowser();
    const pages = await browser.newContext();
    const rows = [];
    for (const wanted of BACKENDS) {
      const { page: volunteer, capabilities } = await openVolunteer(pages, server.url, {
        room: wanted,
        backend: wanted,
      });
      const { backend = 'none', unitsPerMs = Number.NaN } = capabilities.backends.upscale ?? {};
      if (backend !== wanted) rows.push(said(wanted, `not on this machine: ${backend} computes instead`));
      else {
        const gamer = await openPage(pages, server.url);
        /** @type {Awaited<ReturnType<typeof import('../pages/upscale.mjs').measureBackend>>} */
        const { perS, firstMs, laterMs } = await call(gamer, 'upscale.mjs#measureBackend', {
          room: wanted,
          ...LOAD,
          ...SIZE,
        });
        await gamer.close();
        if (wanted === 'wgsl') rows.push(said('GPU', gpuIn(capabilities.adapter)));
        const measuredPerS = (1_000 * unitsPerMs) / upscaleCost(SIZE.width, SIZE.height);
        rows.push(
          figure(`${wanted}: measured of itself`, unitsPerMs, 'units/ms', {
            note: capabilities.adapter || 'processor',
          }),
          figure(`${wanted}: upscale tasks of 160x90`, perS, '/s'),
          figure(`${wanted}: what arrives / what it measured`, perS / measuredPerS, 'x'),
          figure(`${wanted}: first task / later ones`, firstMs / laterMs, 'x', {
            note: `${firstMs.toFixed(0)} and ${laterMs.toFixed(0)} ms: nothing is loaded for a task`,
          }),
        );
      }
      await volunteer.close();
    }
    return rows;
  },
};

/** @param {string} adapter as the volunteer names it */
function gpuIn(adapter) {
  if (adapter === '') return 'no GPU here: WebGPU is not available';
  return adapter.endsWith('(software)') ? `no GPU here: ${adapter} runs on the processor` : adapter;
}
