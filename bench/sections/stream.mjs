import { figure } from '../rows.mjs';
import { call, openPage, openVolunteer } from '../stage.mjs';

const ROOMS = { channel: 'stream by channel', port: 'stream by port' };
const SIZE = { width: 640, height: 360 };
const LOAD = { fastFps: 240, steadyFps: 30, durationMs: 2_000, rounds: 5, windows: 2 };

/**
 * Both streams run between the same two pages, and so in the same processes: the gamer's page has two clients, the volunteer's two
 * nodes, each pair in a room of its own. One pair is of the SDK as it is; in the other's SDK the frames' channel, and nothing
 * else, is replaced by a MessagePort from worker to worker (bench/variants/moved-port.ts). Codecs, queues and presenting are the
 * same code at the same work. Both volunteers only scale the frames: a slow upscaler would hide what the channel costs.
 * @type {import('../run.mjs').Section}
 */
export const section = {
  name: 'stream',
  about: 'live frames through one volunteer, beside the same stages with MessagePorts in place of data channels',
  async run(context) {
    const server = await context.startServer({}, ['by-port', 'quick', 'quick-by-port']);
    const browser = await context.launchBrowser();
    const pages = await browser.newContext();
    const { page: volunteer } = await openVolunteer(pages, server.url, { room: ROOMS.channel, variant: 'quick' });
    await call(volunteer, 'volunteer.mjs#volunteer', { room: ROOMS.port, variant: 'quick-by-port' });
    const gamer = await openPage(pages, server.url);
    const live = { ...SIZE, fps: LOAD.steadyFps };
    await call(gamer, 'live.mjs#open', { ...live, room: ROOMS.channel });
    await call(gamer, 'live.mjs#open', { ...live, room: ROOMS.port, variant: 'by-port' });
    for (const room of Object.values(ROOMS)) await call(gamer, 'live.mjs#settled', room);
    context.say('Both streams run; measuring them in turn.');
    /** @type {Awaited<ReturnType<typeof import('../pages/stream.mjs').measureStream>>} */
    const { channel, port } = await call(gamer, 'stream.mjs#measureStream', { rooms: ROOMS, ...LOAD });
    return [
      figure('frames/s / with MessagePorts', channel.fps / port.fps, 'x', {
        atLeast: 0.9,
        note: `${channel.fps.toFixed(0)} of ${port.fps.toFixed(0)} /s, ${channel.codec}, source of ${LOAD.fastFps} /s`,
      }),
      figure('glass to glass later than with MessagePorts', channel.glassToGlassMs - port.glassToGlassMs, 'ms', {
        below: 10,
        note: `p50 ${channel.glassToGlassMs.toFixed(1)} less ${port.glassToGlassMs.toFixed(1)} ms at ${LOAD.steadyFps} /s`,
      }),
      figure('stages add up to glass to glass, off by', 100 * channel.stagesOff, '%', { atMost: 5 }),
      figure('glass to glass, seen from outside', channel.seenMs, 'ms', {
        note: `p50 from drawn to read back from the canvas; ${port.seenMs.toFixed(1)} ms with MessagePorts`,
      }),
      figure(`frames/s of ${LOAD.steadyFps}`, channel.steadyFps, '/s', {
        note: `${port.steadyFps.toFixed(1)} with MessagePorts`,
      }),
    ];
  },
};
