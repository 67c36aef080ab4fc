import { figure } from '../rows.mjs';
import { call, openPage } from '../stage.mjs';

/** What the issue of the networks asks of two cores. */
const MARKS = /** @type {Record<string, { atLeast: number }>} */ ({ fast: { atLeast: 25 } });

/** @type {import('../run.mjs').Section} */
export const section = {
  name: 'networks-wasm',
  about: 'frames a second of our networks by onnxruntime-web on the processor, 320x180 to 640x360',
  async run(context) {
    const server = await context.startServer({}, [], ['bench/networks/networks-wasm.ts']);
    const browser = await context.launchBrowser();
    const page = await openPage(await browser.newContext(), server.url);
    /** @type {Awaited<ReturnType<typeof import('../networks/networks-wasm.ts').measureNetworksWasm>>} */
    const { timings, planesMs, threads } = await call(page, 'networks.js#measureNetworksWasm', null);
    return [
      ...timings.map(({ network, firstMs, frameMs }) =>
        figure(network, 1_000 / frameMs, 'frames/s', {
          note: `${frameMs.toFixed(1)} ms a frame on ${threads} thread${threads > 1 ? 's' : ''}; the first took ${firstMs.toFixed(0)} ms`,
          ...MARKS[network],
        }),
      ),
      figure('pixels to planes and back', planesMs, 'ms', { note: 'a part of each frame' }),
    ];
  },
};
