import type { Member } from '../../signaling-server/rooms/member.ts';
import { Simulation } from '../../web/dispatch/test-simulation.ts';
import type { Player } from './people.ts';
import { correctPerS, type Help } from './work.ts';
import type { World } from './world.ts';

/** The number of gamers whose work is really dispatched: all of them would take an hour. */
const SAMPLE = 1_000;
const LASTS_MS = 3_000;
/** The first deadline of `pathfinding`, and typical of other types; see docs/design.md, Tasks. */
const WITHIN_MS = 500;

interface Sampled {
  gamers: number;
  tasks: number;
  inTime: number;
}

/**
 * Runs some of a world's gamers, each with the volunteers it has at this moment, under the real dispatcher, runners, task servers and
 * channels. Tasks come at the rate that the gamer wants; each volunteer is as fast as its other gamers leave it.
 */
export async function dispatchSample(world: World): Promise<Sampled> {
  world.updateFlow();
  const sampled: Sampled = { gamers: 0, tasks: 0, inTime: 0 };
  for (const player of spreadOver([...world.players.values()], SAMPLE)) {
    const { tasks, inTime } = await dispatchFor(player, world);
    sampled.gamers++;
    sampled.tasks += tasks;
    sampled.inTime += inTime;
  }
  return sampled;
}

/** `count` items, evenly from the first to the last: those who came early may fare differently from those who came late. */
function spreadOver<T>(all: readonly T[], count: number): T[] {
  return all.filter(
    (_, index) => Math.floor((index * count) / all.length) < Math.floor(((index + 1) * count) / all.length),
  );
}

async function dispatchFor({ member, wantsPerS }: Player, world: World) {
  const simulation = new Simulation();
  try {
    for (const help of world.helpsOf(member)) addVolunteer(simulation, member, help, world);
    const gapMs = 1_000 / wantsPerS;
    const total = Math.round(LASTS_MS / gapMs);
    let inTime = 0;
    for (let nth = 0; nth < total; nth++) {
      const { result } = simulation.submit(64, { where: 'volunteers', timeoutMs: WITHIN_MS });
      // A task that is late is what is counted.
      void result.then(
        () => inTime++,
        () => {},
      );
      await simulation.pass(gapMs);
    }
    await simulation.pass(WITHIN_MS);
    return { tasks: total, inTime };
  } finally {
    simulation.dispose();
  }
}

function addVolunteer(simulation: Simulation, gamer: Member, { machine, time }: Help, world: World): void {
  const { member } = machine;
  const byOthers = world.loadOf(member) - time;
  // It gets its turn among all gamers, and what the others do not use.
  const free = Math.max(1 / member.peers.size, 1 - byOthers);
  // Failed tasks are done again.
  const serviceMs = 1_000 / (correctPerS(machine) * free);
  simulation.addVolunteer({ serviceMs: () => serviceMs, latencyMs: (gamer.rttMs + member.rttMs) / 2 });
}
