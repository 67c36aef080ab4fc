import { figure } from '../rows.mjs';
import { call, openPage, openVolunteer } from '../stage.mjs';

const ROOM = 'link';

/** @type {import('../run.mjs').Section} */
export const section = {
  name: 'link',
  about: 'echoes over one lasting link, beside a connection made for each',
  async run(context) {
    const server = await context.startServer();
    const browser = await context.launchBrowser();
    const pages = await browser.newContext();
    await openVolunteer(pages, server.url, { room: ROOM, backend: 'js' });
    const gamer = await openPage(pages, server.url);
    /** @type {Awaited<ReturnType<typeof import('../pages/link.mjs').measureLink>>} */
    const { eachMs, lastingMs } = await call(gamer, 'link.mjs#measureLink', {
      room: ROOM,
      sizeBytes: 1_024,
      rounds: 5,
    });
    return [
      figure('a connection per echo / one for all', eachMs / lastingMs, 'x', {
        above: 1,
        note: `${eachMs.toFixed(1)} and ${lastingMs.toFixed(2)} ms an echo`,
      }),
    ];
  },
};
