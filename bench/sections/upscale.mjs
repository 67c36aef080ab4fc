import { figure } from '../rows.mjs';
import { call, openPage, openVolunteer } from '../stage.mjs';

const ROOM = 'upscale';
const LOAD = { width: 64, height: 36, count: 100, rounds: 5, repeats: 50 };

/** @type {import('../run.mjs').Section} */
export const section = {
  name: 'upscale',
  about: '100 upscale tasks of 64x36 through one volunteer, pipelined beside one by one; then an identical one again',
  async run(context) {
    const server = await context.startServer();
    const browser = await context.launchBrowser();
    const pages = await browser.newContext();
    await openVolunteer(pages, server.url, { room: ROOM });
    const gamer = await openPage(pages, server.url);
    /** @type {Awaited<ReturnType<typeof import('../pages/upscale.mjs').measureUpscale>>} */
    const { pipelinedPerS, oneByOnePerS, againMs, ranOn } = await call(gamer, 'upscale.mjs#measureUpscale', {
      room: ROOM,
      ...LOAD,
    });
    return [
      figure('100 of 64x36, pipelined', pipelinedPerS, '/s', { above: 100 }),
      figure('pipelined / one by one', pipelinedPerS / oneByOnePerS, 'x', {
        above: 1,
        note: `one by one ${oneByOnePerS.toFixed(0)} /s`,
      }),
      figure('an identical one again, p50', againMs, 'ms', { below: 1, note: `ran on ${ranOn}` }),
    ];
  },
};
