import { figure, said } from '../rows.mjs';
import { call, openPage } from '../stage.mjs';

const BACKENDS = /** @type {const} */ (['ort-wasm', 'ort-webgpu']);

/** @type {import('../run.mjs').Section} */
export const section = {
  name: 'infer',
  about:
    'rows a second of the steering policy by onnxruntime-web: tasks of one row that are run together beside one by one',
  async run(context) {
    const server = await context.startServer({}, [], ['bench/infer/infer-rates.ts']);
    const browser = await context.launchBrowser();
    const rows = [];
    for (const asked of BACKENDS) {
      const page = await openPage(await browser.newContext(), server.url);
      /** @type {import('../infer/infer-rates.ts').InferRates} */
      const { backend, oneByOne, together, oneTask } = await call(page, 'infer.js#measureInfer', asked);
      if (backend === asked) {
        rows.push(
          figure(`${backend}: tasks of one row, one by one`, oneByOne, '/s'),
          figure(`${backend}: submitted at once / one by one`, together / oneByOne, 'x', {
            note: `${Math.round(together)} tasks/s; up to 64 are one run`,
            above: 1,
          }),
          figure(`${backend}: rows of one task / one by one`, oneTask / oneByOne, 'x', {
            note: `${Math.round(oneTask)} rows/s`,
          }),
        );
      } else rows.push(said(asked, `not faster here: the engine took ${backend}`));
      await page.close();
    }
    return rows;
  },
};
