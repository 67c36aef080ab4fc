import type { RemotePage, Section } from '../context.ts';
import type * as StreamPage from '../pages/stream.ts';
import { figure, type Row } from '../report.ts';

const LOAD = { fastFps: 240, steadyFps: 30 };

/**
 * Both streams run between the same two pages, and so in the same processes: the gamer's page has two clients, the volunteer's page
 * two nodes, each pair in a room of its own. One pair uses the SDK as it is. In the other's SDK a MessagePort from worker to worker
 * replaces the frames' channel and nothing else (bench/variants/moved-port.ts): codecs, queues and presenting are the same code at
 * the same work. Both volunteers only scale the frames, since a slow upscaler would hide what the channel costs.
 */
export const stream: Section = {
  name: 'stream',
  about: 'live frames through one volunteer, beside the same stages with MessagePorts in place of data channels',
  async run(context) {
    const rooms = { channel: 'stream by channel', port: 'stream by port' };
    const site = await context.openSite({
      modules: ['stream', 'port-broker'],
      variants: ['by-port', 'quick', 'quick-by-port'],
    });
    const volunteer = await site.volunteer({ room: rooms.channel, variant: 'quick' });
    await volunteer.call('volunteer', { room: rooms.port, variant: 'quick-by-port' });
    const gamer = await site.page<typeof StreamPage>('stream');
    const format = { width: 640, height: 360, fps: LOAD.steadyFps };
    await gamer.call('open', { ...format, room: rooms.channel });
    await gamer.call('open', { ...format, room: rooms.port, variant: 'by-port' });
    for (const room of Object.values(rooms)) await gamer.call('settled', room);
    console.log('Both streams run; measuring them in turn.');
    const { channel, port } = await gamer.call('measureStream', { rooms, ...LOAD });
    return [
      figure('frames/s / with MessagePorts', channel.fps / port.fps, 'x', {
        atLeast: 0.9,
        note: `${channel.fps.toFixed(0)} of ${port.fps.toFixed(0)} /s, ${channel.codec}, source of ${LOAD.fastFps} /s`,
      }),
      figure('glass to glass later than with MessagePorts', channel.glassToGlassMs - port.glassToGlassMs, 'ms', {
        below: 10,
        note: `p50 ${channel.glassToGlassMs.toFixed(1)} less ${port.glassToGlassMs.toFixed(1)} ms at ${LOAD.steadyFps} /s`,
      }),
      figure('difference of the sum of stages from glass to glass', 100 * channel.stagesError, '%', { atMost: 5 }),
      figure('glass to glass, measured from outside', channel.seenMs, 'ms', {
        note: `p50 from drawn to read back from the canvas; ${port.seenMs.toFixed(1)} ms with MessagePorts`,
      }),
    ];
  },
};

/** A volunteer of 40 ms a frame upscales 25 frames/s, two could upscale 50: a source of 30 could not show whether they do. */
const [FAST_FPS, SLOW_FPS] = [60, 30];

export const streamTwo: Section = {
  name: 'stream-two',
  about: 'live frames through two volunteers that take 40 ms for each, beside one of them',
  async run(context) {
    const room = 'stream two';
    const site = await context.openSite({ modules: ['stream'], variants: ['waiting'] });
    await site.volunteer({ room, variant: 'waiting', name: 'one' });
    const gamer = await site.page<typeof StreamPage>('stream');
    await gamer.call('open', { width: 160, height: 90, room, fps: FAST_FPS });
    await gamer.call('settled', room);
    const one = await shownPerS(gamer, room);
    await site.volunteer({ room, variant: 'waiting', name: 'two' });
    const two = await shownPerS(gamer, room);
    return [
      figure('frames/s of two / of one', two.fast / one.fast, 'x', {
        atLeast: 1.9,
        note: `${two.fast.toFixed(1)} and ${one.fast.toFixed(1)} /s, source of ${FAST_FPS} /s`,
      }),
      // Without this, a machine that was busy with other things while one was measured would pass.
      figure('share of the frames that the lesser of two gave', two.lesserShare, '', { atLeast: 0.4 }),
      figure(`frames/s of two, source of ${SLOW_FPS} /s`, two.slow, '/s', { note: `${one.slow.toFixed(1)} of one` }),
    ];
  },
};

async function shownPerS(gamer: RemotePage<typeof StreamPage>, room: string) {
  const at = async (fps: number) => {
    await gamer.call('setRate', { room, fps });
    // The stream has to learn what a new volunteer, or another rate, is good for.
    await gamer.page.waitForTimeout(3_000);
    return gamer.call('presentedPerS', { room, durationMs: 4_000 });
  };
  const fast = await at(FAST_FPS);
  const [, lesser] = await gamer.call('shares', room);
  return { fast, lesserShare: lesser?.share ?? 0, slow: await at(SLOW_FPS) };
}

export const streamQuality: Section = {
  name: 'stream-quality',
  about: 'what the codec costs the picture on both ways: shown frames beside the same frames scaled without one',
  async run(context) {
    const room = 'stream quality';
    // Large and fast enough to need more than the lower bitrates.
    const size = { width: 640, height: 360 };
    const site = await context.openSite({ modules: ['stream'], variants: ['quick'] });
    await site.volunteer({ room, variant: 'quick' });
    const gamer = await site.page<typeof StreamPage>('stream');
    const rows: Row[] = [];
    for (const mbps of [1, 2, 4, 8]) {
      await gamer.call('open', {
        ...size,
        room,
        variant: 'quick',
        fps: 30,
        picture: 'detail',
        bitrateKbps: 1_000 * mbps,
      });
      await gamer.call('settled', room);
      const { psnrDb, uplinkKbps, downlinkKbps, codec, fps, samples } = await gamer.call('measureQuality', {
        room,
        ...size,
      });
      await gamer.call('close', room);
      rows.push(
        figure(`luma PSNR at ${mbps} Mb/s`, psnrDb, 'dB', {
          note: `${codec}, ${fps.toFixed(0)} frames/s; ${uplinkKbps.toFixed(0)} up and ${downlinkKbps.toFixed(0)} kb/s down; ${samples} samples`,
        }),
      );
    }
    return rows;
  },
};
