import type { Section } from '../context.ts';
import type * as StreamPage from '../pages/stream.ts';
import { figure, type Row } from '../report.ts';

const SIZE = { width: 640, height: 360 };
const VARIANT = 'steady';

/** The figures of a moving source whose volunteer takes a fixed time, so that only streams are measured, and no network. */
export const streamDetail: Section = {
  name: 'stream-detail',
  about: 'a moving source and a volunteer that takes 5 ms for each frame: detail in time, and what it costs in delay',
  async run(context) {
    const room = 'stream detail';
    const site = await context.openSite({ modules: ['stream'], variants: [VARIANT] });
    await site.volunteer({ room, variant: VARIANT });
    const gamer = await site.page<typeof StreamPage>('stream');
    // The gamer has the same engine: another would find out that the detail is no network's.
    await gamer.call('open', { ...SIZE, room, variant: VARIANT, fps: 30, picture: 'detail' });
    await gamer.call('settled', room);
    const rows: Row[] = [];
    for (const { fps, atLeast } of [{ fps: 30, atLeast: 90 }, { fps: 60 }]) {
      await gamer.call('setRate', { room, fps });
      const { detailShare, detailAgeP95Ms } = await gamer.call('measureDetail', { room });
      rows.push(
        figure(`shown frames with their own detail, source of ${fps} /s`, 100 * detailShare, '%', {
          ...(atLeast !== undefined && { atLeast }),
        }),
        figure(`detail on a frame after its capture, source of ${fps} /s`, detailAgeP95Ms, 'ms', {
          ...(atLeast !== undefined && { atMost: 50 }),
          note: 'p95',
        }),
      );
    }
    const fps = 30;
    await gamer.call('setRate', { room, fps });
    const { streamMs, aloneMs } = await gamer.call('measureBase', { room, ...SIZE });
    rows.push(
      figure('base shown after its capture, without patience', streamMs - aloneMs, 'ms', {
        atMost: 1_000 / fps,
        note: `p95 from drawn to read back ${streamMs.toFixed(1)}, less ${aloneMs.toFixed(1)} ms of the source drawn by itself`,
      }),
    );
    return rows;
  },
};
