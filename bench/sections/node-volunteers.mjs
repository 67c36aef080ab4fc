import { answerOf, ask } from '../answer.mjs';
import { figure } from '../rows.mjs';

/** One process with a hundred connections crashed in the native WebRTC; twenty are well. */
const ROOMS = 5;
const VOLUNTEERS_PER_ROOM = 20;
/** Twice what 20 volunteers hold, so that none of them is left out. */
const LOAD = { durationMs: 5_000, sizeBytes: 1_024, window: 160 };
const ALL = ROOMS * VOLUNTEERS_PER_ROOM;

/** @typedef {import('../node/gamer.ts').EchoFigures} EchoFigures */

/** @type {import('../run.mjs').Section} */
export const section = {
  name: 'node-volunteers',
  about: '100 volunteers in Node on this machine, all linked and all working for five gamers',
  async run(context) {
    const [volunteersFile = '', gamerFile = ''] = await context.bundle([
      'bench/node/volunteers-process.ts',
      'bench/node/gamer-process.ts',
    ]);
    const server = await context.startServer({ MAX_INTRODUCTIONS: String(VOLUNTEERS_PER_ROOM) });
    const { url } = server;
    const startedMs = performance.now();
    const rooms = [];
    let linked = 0;
    // A room at a time: all handshakes at once would run into their timeouts on a few cores.
    for (let index = 0; index < ROOMS; index++) {
      const room = `room ${index}`;
      const volunteers = context.startNode(volunteersFile, [JSON.stringify({ url, room, count: VOLUNTEERS_PER_ROOM })]);
      await answerOf(volunteers);
      const gamer = context.startNode(gamerFile, [
        JSON.stringify({ url, room, volunteers: VOLUNTEERS_PER_ROOM, load: LOAD }),
      ]);
      linked += /** @type {{ linked: number }} */ (await answerOf(gamer)).linked;
      rooms.push({ volunteers, gamer });
      context.say(`${linked} of ${ALL} volunteers linked`);
    }
    const linkedInS = (performance.now() - startedMs) / 1_000;
    const gamers = /** @type {EchoFigures[]} */ (await Promise.all(rooms.map(({ gamer }) => ask(gamer))));
    const served = /** @type {{ tasksDone: number[] }[]} */ (
      await Promise.all(rooms.map(({ volunteers }) => ask(volunteers)))
    );
    const tasksDone = served.flatMap((answer) => answer.tasksDone);
    const wrong = gamers.reduce((sum, { wrong, failed }) => sum + wrong + failed, 0);
    const perS = gamers.reduce((sum, figures) => sum + figures.perS, 0);
    return [
      figure('volunteers linked', linked, '', { atLeast: ALL, note: `in ${linkedInS.toFixed(1)} s` }),
      figure('volunteers that worked', tasksDone.filter((done) => done > 0).length, '', {
        atLeast: ALL,
        note: `the least ${Math.min(...tasksDone)}, the most ${Math.max(...tasksDone)} tasks`,
      }),
      figure('echoes of 1 kB, all gamers', perS, '/s', { above: 1_000 }),
      figure('wrong answers, and tasks that failed', wrong, '', { atMost: 0 }),
    ];
  },
};
