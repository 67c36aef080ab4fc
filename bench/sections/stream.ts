import type { RemotePage, Section, Site } from '../context.ts';
import { sum } from '../measuring.ts';
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
  about: 'detail of live frames from one volunteer, beside the same stages with MessagePorts in place of data channels',
  async run(context) {
    const rooms = { channel: 'stream by channel', port: 'stream by port' };
    const site = await context.openSite({
      modules: ['stream', 'port-broker'],
      variants: ['quick', 'quick-by-port'],
    });
    const volunteer = await site.volunteer({ room: rooms.channel, variant: 'quick' });
    await volunteer.call('volunteer', { room: rooms.port, variant: 'quick-by-port' });
    const gamer = await site.page<typeof StreamPage>('stream');
    const format = { width: 640, height: 360, fps: LOAD.steadyFps };
    await gamer.call('open', { ...format, room: rooms.channel, variant: 'quick' });
    await gamer.call('open', { ...format, room: rooms.port, variant: 'quick-by-port' });
    for (const room of Object.values(rooms)) await gamer.call('settled', room);
    console.log('Both streams run; measuring them in turn.');
    const { channel, port } = await gamer.call('measureStream', { rooms, ...LOAD });
    return [
      figure('frames with detail/s / with MessagePorts', channel.fps / port.fps, 'x', {
        atLeast: 0.9,
        note: `${channel.fps.toFixed(0)} of ${port.fps.toFixed(0)} /s, ${channel.codec}, source of ${LOAD.fastFps} /s`,
      }),
      figure('detail later than with MessagePorts', channel.detailAgeMs - port.detailAgeMs, 'ms', {
        below: 10,
        note: `p50 since capture ${channel.detailAgeMs.toFixed(1)} less ${port.detailAgeMs.toFixed(1)} ms at ${LOAD.steadyFps} /s`,
      }),
      figure('difference of the sum of stages from glass to glass', 100 * channel.stagesError, '%', { atMost: 5 }),
      figure('glass to glass, measured from outside', channel.seenMs, 'ms', {
        note: `p50 from drawn to read back from the canvas; ${port.seenMs.toFixed(1)} ms with MessagePorts`,
      }),
    ];
  },
};

/**
 * A volunteer of 40 ms a frame answers 25 frames/s, two could answer 50: a source of 30 could not show whether they do. At 60 most of their
 * detail comes too late for its frame, so what they answered is counted.
 */
const [FAST_FPS, SLOW_FPS] = [60, 30];

export const streamTwo: Section = {
  name: 'stream-two',
  about: 'live frames through two volunteers that take 40 ms for each, beside one of them',
  async run(context) {
    const room = 'stream two';
    const site = await context.openSite({ modules: ['stream'], variants: ['waiting'] });
    const volunteers = [await site.volunteer({ room, variant: 'waiting', name: 'one' })];
    const gamer = await site.page<typeof StreamPage>('stream');
    await gamer.call('open', { width: 160, height: 90, room, variant: 'waiting', fps: SLOW_FPS });
    await gamer.call('settled', room);
    const one = await detailPerS(gamer, volunteers, room);
    volunteers.push(await site.volunteer({ room, variant: 'waiting', name: 'two' }));
    const two = await detailPerS(gamer, volunteers, room);
    return [
      figure('answers/s of two / of one', two.fast / one.fast, 'x', {
        atLeast: 1.9,
        note: `${two.fast.toFixed(1)} and ${one.fast.toFixed(1)} /s, source of ${FAST_FPS} /s`,
      }),
      // Without this, a machine that was busy with other things while one was measured would pass.
      figure('share of the answers that the lesser of two gave', two.lesserShare, '', { atLeast: 0.4 }),
      figure(`frames with detail/s of two, source of ${SLOW_FPS} /s`, two.slow, '/s', {
        note: `${one.slow.toFixed(1)} of one`,
      }),
    ];
  },
};

type Volunteer = Awaited<ReturnType<Site['volunteer']>>;

async function detailPerS(gamer: RemotePage<typeof StreamPage>, volunteers: readonly Volunteer[], room: string) {
  const durationMs = 4_000;
  /** The stream has to learn what a new volunteer, or another rate, is good for. */
  const at = async (fps: number) => {
    await gamer.call('setRate', { room, fps });
    await gamer.page.waitForTimeout(3_000);
  };
  const answered = () => Promise.all(volunteers.map((volunteer) => volunteer.call('framesDone', room)));
  await at(FAST_FPS);
  const startMs = performance.now();
  const before = await answered();
  await gamer.page.waitForTimeout(durationMs);
  const counts = (await answered()).map((count, nth) => count - (before[nth] ?? 0));
  const fast = (1_000 * sum(counts)) / (performance.now() - startMs);
  await at(SLOW_FPS);
  const slow = await gamer.call('helpedPerS', { room, durationMs });
  return { fast, lesserShare: Math.min(...counts) / sum(counts), slow };
}

export const streamQuality: Section = {
  name: 'stream-quality',
  about: 'what the codec costs whole pictures on both ways: shown frames beside the same frames scaled without one',
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
        transport: 'picture',
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
