import type { Section } from '../context.ts';
import { median } from '../measuring.ts';
import type * as GameTasksPage from '../pages/game-tasks.ts';
import { figure, type Row } from '../report.ts';

const DURATION_MS = 15_000;
/** For the stream to find the quality that the machine keeps up with, and for the models to be loaded. */
const SETTLE_MS = 15_000;

const RACE = ['ships', 'drones', 'debris'] as const;

/** The built-in game with a volunteer beside it on the same processor, which makes detail of its frames and computes its tasks. */
export const gameTasks: Section = {
  name: 'game-tasks',
  about: 'tasks of the built-in game beside its stream, on the same processor: how many come back in time',
  async run(context) {
    const rows: Row[] = [];
    for (const hasHangar of [false, true]) {
      const room = hasHangar ? 'game tasks and hangar' : 'game tasks';
      const site = await context.openSite({ modules: ['game-tasks'] });
      await site.volunteer({ room });
      const gamer = await site.page<typeof GameTasksPage>('game-tasks');
      await gamer.call('play', { room, quality: 'quality', hasHangar });
      await gamer.page.waitForTimeout(SETTLE_MS);
      const { tasks, detailFps, detailP95Ms, quality } = await gamer.call('watch', DURATION_MS);
      await site.browser.close();
      const race = tasks.filter(({ part }) => part !== 'hangar');
      const inTime = race.filter(({ isInTime }) => isInTime);
      const parts = RACE.map((part) => {
        const of = race.filter((task) => task.part === part);
        const good = of.filter(({ isInTime }) => isInTime);
        return `${part} ${good.length} of ${of.length}, ${median(of.map(({ tookMs }) => tookMs)).toFixed(0)} ms`;
      });
      const beside = hasHangar ? 'stream and hangar' : 'stream';
      rows.push(
        figure(`tasks in time beside ${beside}`, (100 * inTime.length) / race.length, '%', {
          ...(!hasHangar && { atLeast: 95 }),
          note: parts.join('; '),
        }),
        figure(`frames with detail beside ${beside}`, detailFps, '/s', {
          note: `${quality ?? 'none now'}, detail p95 ${detailP95Ms.toFixed(0)} ms after capture`,
        }),
      );
    }
    return rows;
  },
};
