import { figure } from '../rows.mjs';
import { call, openPage, openVolunteer } from '../stage.mjs';

const ROOM = 'stream quality';
/** Large and fast enough that the lower bitrates are not enough for it. */
const SIZE = { width: 640, height: 360 };
const LIVE = /** @type {const} */ ({ ...SIZE, room: ROOM, variant: 'quick', fps: 30, picture: 'detail' });
const BITRATES_MBPS = [1, 2, 4, 8];

/** @type {import('../run.mjs').Section} */
export const section = {
  name: 'stream-quality',
  about: 'what both ways through a codec cost the picture: shown frames beside the same, scaled without one',
  async run(context) {
    const server = await context.startServer({}, ['quick']);
    const browser = await context.launchBrowser();
    const pages = await browser.newContext();
    await openVolunteer(pages, server.url, { room: ROOM, variant: 'quick' });
    const gamer = await openPage(pages, server.url);
    const rows = [];
    for (const mbps of BITRATES_MBPS) {
      await call(gamer, 'live.mjs#open', { ...LIVE, bitrateKbps: 1_000 * mbps });
      await call(gamer, 'live.mjs#settled', ROOM);
      /** @type {Awaited<ReturnType<typeof import('../pages/quality.mjs').measureQuality>>} */
      const { psnrDb, uplinkKbps, downlinkKbps, codec, fps, samples } = await call(
        gamer,
        'quality.mjs#measureQuality',
        {
          room: ROOM,
          ...SIZE,
        },
      );
      await call(gamer, 'live.mjs#close', ROOM);
      rows.push(
        figure(`luma PSNR at ${mbps} Mb/s`, psnrDb, 'dB', {
          note: `${codec}, ${fps.toFixed(0)} frames/s; ${uplinkKbps.toFixed(0)} up and ${downlinkKbps.toFixed(0)} kb/s down; ${samples} samples`,
        }),
      );
    }
    return rows;
  },
};
