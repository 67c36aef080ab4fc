import { figure } from '../rows.mjs';
import { call, openPage, openVolunteer } from '../stage.mjs';

const ROOM = 'stream quality';
const SIZE = { width: 320, height: 180 };
const LIVE = /** @type {const} */ ({ ...SIZE, room: ROOM, fps: 10, picture: 'detail' });
const BITRATES_MBPS = [1, 2, 4, 8];

/** @type {import('../run.mjs').Section} */
export const section = {
  name: 'stream-quality',
  about: 'what both ways through a codec cost the picture: shown frames beside the same upscaled without one',
  async run(context) {
    const server = await context.startServer();
    const browser = await context.launchBrowser();
    const pages = await browser.newContext();
    await openVolunteer(pages, server.url, { room: ROOM, backend: 'js' });
    const gamer = await openPage(pages, server.url);
    const rows = [];
    for (const mbps of BITRATES_MBPS) {
      await call(gamer, 'live.mjs#open', { ...LIVE, bitrateKbps: 1_000 * mbps });
      await call(gamer, 'live.mjs#settled', ROOM);
      /** @type {Awaited<ReturnType<typeof import('../pages/quality.mjs').measureQuality>>} */
      const { psnrDb, uplinkKbps, downlinkKbps, codec, samples } = await call(gamer, 'quality.mjs#measureQuality', {
        room: ROOM,
        ...SIZE,
      });
      await call(gamer, 'live.mjs#close', ROOM);
      rows.push(
        figure(`luma PSNR at ${mbps} Mb/s`, psnrDb, 'dB', {
          note: `${codec}; took ${uplinkKbps.toFixed(0)} up and ${downlinkKbps.toFixed(0)} kb/s down; ${samples} frames`,
        }),
      );
    }
    return rows;
  },
};
