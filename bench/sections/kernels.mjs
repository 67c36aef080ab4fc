import { kernelRows } from '../kernel-rows.mjs';
import { call, openPage } from '../stage.mjs';

/** @type {import('../run.mjs').Section} */
export const section = {
  name: 'kernels',
  about: 'ms a frame of our networks on this adapter, beside anime4k-webgpu and the floor that FLOPs and bytes set',
  async run(context) {
    const server = await context.startServer({}, [], ['bench/kernels/page.ts']);
    const browser = await context.launchBrowser();
    const page = await openPage(await browser.newContext(), server.url);
    /** @type {Awaited<ReturnType<typeof import('../kernels/page.ts').measureInPage>>} */
    const report = await call(page, 'kernels.js#measureInPage', null);
    return kernelRows(report);
  },
};
