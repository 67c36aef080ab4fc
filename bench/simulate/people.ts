import { TASK_NAMES, type TaskName } from '../../shared/tasks/definition.ts';
import type { Member } from '../../signaling-server/rooms/member.ts';
import type { Random } from './random.ts';

/** A volunteer of the simulation: what is true of its machine, whatever the matchmaker knows. */
export interface Machine {
  readonly member: Member;
  /** Tasks it does in a second. */
  readonly perS: number;
  /** Part of its results that are right. */
  readonly reliability: number;
}

export interface Player {
  readonly member: Member;
  /** Tasks it wants done in a second. */
  readonly wantsPerS: number;
}

/** Who there is; nothing of this is measured, all of it is meant to be plain. Weights add up to 1. */
export const PEOPLE = {
  crowd: { volunteers: 100_000, gamers: 20_000 },
  hourS: 3_600,
  /** All come within the first minutes; from then on whoever leaves is replaced. */
  gatherS: 300,
  volunteerStaysS: 3_600,
  gamerStaysS: 1_800,
  /** Its owner uses the machine now and then. */
  worksForS: 3_600,
  pausesForS: 300,
  /** In the second half hour, most owners play themselves. */
  rushAtS: 1_800,
  rushPart: 0.75,
  rushWithinS: 120,
  rushPausesForS: 3_000,
} as const;

/** Round trip to the server, ms: the same town, country, continent, and others. */
const ROUND_TRIPS = [
  [0.4, 8],
  [0.35, 25],
  [0.2, 80],
  [0.05, 180],
] as const;

const CAN: readonly (readonly [number, readonly TaskName[]])[] = [
  [0.75, TASK_NAMES],
  [0.15, TASK_NAMES.filter((name) => name !== 'infer')],
  [0.1, ['echo', 'pathfinding', 'physics']],
];

const NEEDS: readonly (readonly [number, readonly TaskName[]])[] = [
  [0.6, ['upscale']],
  [0.2, ['infer']],
  [0.2, []],
];

const MACHINES = [
  [0.2, 50],
  [0.5, 20],
  [0.3, 8],
] as const;

const RELIABILITY = [
  [0.9, 0.995],
  [0.08, 0.9],
  [0.02, 0.5],
] as const;

const MAX_GAMERS = [
  [0.4, 1],
  [0.3, 2],
  [0.3, 4],
] as const;

const WANTS = [
  [0.3, 5],
  [0.5, 20],
  [0.2, 60],
] as const;

export function newMachine(random: Random, member: Member): Machine {
  const perS = random.pick(MACHINES);
  const reliability = random.pick(RELIABILITY);
  // Half of them were here before.
  const tasks = random.next() < 0.5 ? 0 : Math.round(20 + 180 * random.next());
  const completed = Math.round(reliability * tasks);
  member.reputation = { completed, failed: tasks - completed };
  member.status = { load: 0, accepting: true, tasks: [...random.pick(CAN)], maxGamers: random.pick(MAX_GAMERS) };
  return { member, perS, reliability };
}

export function newPlayer(random: Random, member: Member): Player {
  member.needs = random.pick(NEEDS);
  return { member, wantsPerS: random.pick(WANTS) };
}

export function newRttMs(random: Random): number {
  return random.pick(ROUND_TRIPS) * (0.7 + 0.6 * random.next());
}
