import type { Context, Section } from '../context.ts';
import { sum } from '../measuring.ts';
import type * as NodePeers from '../node-peers.ts';
import { figure } from '../report.ts';

/** More connections crash the native WebRTC library: a process with a hundred did, twenty work. */
const [ROOMS, PER_ROOM] = [5, 20];
const ALL = ROOMS * PER_ROOM;
/** Twice what 20 volunteers hold, so that none of them is left without work. */
const LOAD = { durationMs: 5_000, sizeBytes: 1_024, window: 160 };

export const nodeVolunteers: Section = {
  name: 'node-volunteers',
  about: '100 volunteers in Node on this machine, all linked and all working for five gamers',
  async run(context) {
    const { url } = await context.startServer({ env: { MAX_INTRODUCTIONS: String(PER_ROOM) } });
    const startedMs = performance.now();
    const rooms = [];
    let linked = 0;
    // One room after another: all handshakes at once would time out on a few cores.
    for (let nth = 0; nth < ROOMS; nth++) {
      const room = await startLinked(context, { url, room: `room ${nth}`, volunteers: PER_ROOM });
      rooms.push(room);
      linked += room.linked;
      console.log(`${linked} of ${ALL} volunteers linked`);
    }
    const linkedInS = (performance.now() - startedMs) / 1_000;
    const echoes = await Promise.all(rooms.map(({ gamer }) => gamer.call('echoFor', LOAD)));
    const tasksDone = (await Promise.all(rooms.map(({ volunteers }) => volunteers.call('tasksDone')))).flat();
    return [
      figure('volunteers linked', linked, '', { atLeast: ALL, note: `in ${linkedInS.toFixed(1)} s` }),
      figure('volunteers that worked', tasksDone.filter((done) => done > 0).length, '', {
        atLeast: ALL,
        note: `${Math.min(...tasksDone)} to ${Math.max(...tasksDone)} tasks each`,
      }),
      figure('echoes of 1 kB, all gamers', sum(echoes.map(({ perS }) => perS)), '/s', { above: 1_000 }),
      figure('wrong results, and tasks that failed', sum(echoes.map(({ wrong, failed }) => wrong + failed)), '', {
        atMost: 0,
      }),
    ];
  },
};

/** Starts a process with volunteers and one with a gamer that is linked to all of them. */
export async function startLinked(context: Context, options: { url: string; room: string; volunteers: number }) {
  const volunteers = context.startProcess<typeof NodePeers>('node-peers');
  await volunteers.call('startVolunteers', { ...options, count: options.volunteers });
  const gamer = context.startProcess<typeof NodePeers>('node-peers');
  return { volunteers, gamer, linked: await gamer.call('connect', options) };
}
