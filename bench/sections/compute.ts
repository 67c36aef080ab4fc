import type { Section } from '../context.ts';
import type * as EnginePage from '../pages/engine.ts';
import { figure, type Row, text } from '../report.ts';

export const infer: Section = {
  name: 'infer',
  about: 'rows a second of the steering policy by onnxruntime-web: tasks of one row run together, beside one by one',
  async run(context) {
    const site = await context.openSite({ modules: ['engine'] });
    const rows: Row[] = [];
    for (const asked of ['ort-wasm', 'ort-webgpu'] as const) {
      const engine = await site.page<typeof EnginePage>('engine', await site.browser.newContext());
      const { backend, perS } = await engine.call('measureInfer', asked);
      await engine.page.close();
      if (backend !== asked) rows.push(text(asked, `not faster here: the engine chose ${backend}`));
      else {
        rows.push(
          figure(`${backend}: tasks of one row, one by one`, perS.oneByOne, '/s'),
          figure(`${backend}: submitted at once / one by one`, perS.atOnce / perS.oneByOne, 'x', {
            note: `${perS.atOnce.toFixed(0)} tasks/s; up to 64 are one run`,
            above: 1,
          }),
          figure(`${backend}: rows of one task / one by one`, perS.oneTask / perS.oneByOne, 'x', {
            note: `${perS.oneTask.toFixed(0)} rows/s`,
          }),
        );
      }
    }
    return rows;
  },
};

export const networksWasm: Section = {
  name: 'networks-wasm',
  about: 'frames a second of our networks by onnxruntime-web on the processor, 320x180 to 640x360',
  async run(context) {
    const site = await context.openSite({ modules: ['engine'] });
    const engine = await site.page<typeof EnginePage>('engine');
    const { timings, threads } = await engine.call('measureNetworksWasm');
    return timings.map(({ network, firstMs, frameMs }) =>
      figure(network, 1_000 / frameMs, 'frames/s', {
        note: `${frameMs.toFixed(1)} ms a frame, threads: ${threads}; the first took ${firstMs.toFixed(0)} ms`,
        // The target is for two cores.
        ...(network === 'fast' && { atLeast: 25 }),
      }),
    );
  },
};

export const types: Section = {
  name: 'types',
  about: 'raytracing, pathfinding and physics by backend, beside the processor',
  async run(context) {
    const site = await context.openSite({ modules: ['engine'] });
    const rows: Row[] = [];
    /** Time on the processor by task. */
    const processorMs = new Map<string, number>();
    for (const wanted of ['js', 'wgsl'] as const) {
      const engine = await site.page<typeof EnginePage>('engine', await site.browser.newContext());
      const { adapter, rates } = await engine.call('measureTypes', wanted);
      await engine.page.close();
      if (wanted === 'wgsl') rows.push(text('wgsl runs on', adapter));
      for (const { what, backend, tookMs, unitsPerMs } of rates) {
        if (wanted === 'js') processorMs.set(what, tookMs);
        const speedup = (processorMs.get(what) ?? Number.NaN) / tookMs;
        const compared = wanted === 'js' ? '' : `, ${speedup.toFixed(2)} x as fast as js`;
        const note = `${tookMs.toFixed(0)} ms, ${Math.round(unitsPerMs)} units/ms${compared}`;
        if (backend !== wanted) rows.push(text(`${wanted}: ${what}`, `left to ${backend}`));
        else rows.push(figure(`${wanted}: ${what}`, 1_000 / tookMs, '/s', { note }));
      }
    }
    return rows;
  },
};
