import { setTimeout as sleep } from 'node:timers/promises';
import type { Section } from '../context.ts';
import { median } from '../measuring.ts';
import type * as GameTasksPage from '../pages/game-tasks.ts';
import { figure } from '../report.ts';

const DURATION_MS = 15_000;
/** For the stream to find the quality that the machine keeps up with, and for the models to be loaded. */
const SETTLE_MS = 15_000;

/** The built-in game with a volunteer beside it on the same processor, which makes detail of its frames and computes its tasks. */
export const gameTasks: Section = {
  name: 'game-tasks',
  about: 'tasks of the built-in game beside its stream, on the same processor: how many come back in time',
  async run(context) {
    const room = 'game tasks';
    const site = await context.openSite({ modules: ['game-tasks'] });
    await site.volunteer({ room });
    const gamer = await site.page<typeof GameTasksPage>('game-tasks');
    await gamer.call('play', { room, quality: 'quality' });
    await sleep(SETTLE_MS);
    const { tasks, detailFps, detailP95Ms, quality } = await gamer.call('watch', DURATION_MS);
    const parts = [...new Set(tasks.map(({ part }) => part))].map((part) => {
      const of = tasks.filter((task) => task.part === part);
      const good = of.filter(({ isInTime }) => isInTime);
      return `${part} ${good.length} of ${of.length}, ${median(of.map(({ tookMs }) => tookMs)).toFixed(0)} ms`;
    });
    const inTime = tasks.filter(({ isInTime }) => isInTime);
    return [
      figure('tasks in time beside the stream', (100 * inTime.length) / tasks.length, '%', {
        atLeast: 95,
        note: parts.join('; '),
      }),
      figure('frames with detail beside them', detailFps, '/s', {
        note: `${quality ?? 'none now'}, detail p95 ${detailP95Ms.toFixed(0)} ms after capture`,
      }),
    ];
  },
};
