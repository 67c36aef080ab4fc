import { seededRandom } from '../../shared/seeded-random.ts';
import { TASK_NAMES, type TaskName } from '../../shared/tasks/definition.ts';
import type { Member } from '../rooms/member.ts';

/** A volunteer's machine as it is, whatever the matchmaker knows. */
export interface Machine {
  readonly member: Member;
  /** Tasks it does in a second. */
  readonly perS: number;
  /** Share of its results that are correct. */
  readonly reliability: number;
}

export interface Player {
  readonly member: Member;
  /** Tasks it wants done in a second. */
  readonly wantsPerS: number;
}

/** The people. These numbers are plausible assumptions, not measurements. */
export const PEOPLE = {
  crowd: { volunteers: 100_000, gamers: 20_000 },
  hourS: 3_600,
  /** All join within this time; from then on everybody who leaves is replaced. */
  gatherS: 300,
  volunteerStaysS: 3_600,
  gamerStaysS: 1_800,
  /** The owner uses the machine now and then. */
  worksForS: 3_600,
  pausesForS: 300,
  /** In the second half hour most owners play themselves. */
  rushAtS: 1_800,
  rushShare: 0.75,
  rushWithinS: 120,
  rushPausesForS: 3_000,
} as const;

/** Choices with their probabilities, which add up to 1. */
interface Choices<T> {
  readonly weights: readonly number[];
  readonly of: readonly T[];
}

/** Round trip to the server, ms: in the same town, country, continent, and farther. */
const ROUND_TRIPS: Choices<number> = { weights: [0.4, 0.35, 0.2, 0.05], of: [8, 25, 80, 180] };
const CAPABILITIES: Choices<readonly TaskName[]> = {
  weights: [0.75, 0.15, 0.1],
  of: [TASK_NAMES, TASK_NAMES.filter((name) => name !== 'infer'), ['echo', 'pathfinding', 'physics']],
};
const NEEDS: Choices<readonly TaskName[]> = { weights: [0.6, 0.2, 0.2], of: [['upscale'], ['infer'], []] };
/** Tasks a second. */
const SPEEDS: Choices<number> = { weights: [0.2, 0.5, 0.3], of: [50, 20, 8] };
const RELIABILITIES: Choices<number> = { weights: [0.9, 0.08, 0.02], of: [0.995, 0.9, 0.5] };
const MAX_GAMERS: Choices<number> = { weights: [0.4, 0.3, 0.3], of: [1, 2, 4] };
/** Tasks a second. */
const WANTS: Choices<number> = { weights: [0.3, 0.5, 0.2], of: [5, 20, 60] };

/** Random numbers that are the same in every run. */
export class Random {
  /** 0..1. */
  readonly next: () => number;

  constructor(seed: number) {
    this.next = seededRandom(seed);
  }

  /** Waiting times that do not depend on how long one has waited. */
  exponential(mean: number): number {
    return -mean * Math.log(1 - this.next());
  }

  pick<T>({ weights, of }: Choices<T>): T {
    let left = this.next();
    const index = weights.findIndex((weight) => {
      left -= weight;
      return left < 0;
    });
    return of.at(index) as T;
  }
}

export function newMachine(random: Random, member: Member): Machine {
  const perS = random.pick(SPEEDS);
  const reliability = random.pick(RELIABILITIES);
  // Half of them have been here before.
  const tasks = random.next() < 0.5 ? 0 : Math.round(20 + 180 * random.next());
  const completed = Math.round(reliability * tasks);
  member.reputation = { completed, failed: tasks - completed };
  member.status = {
    load: 0,
    accepting: true,
    tasks: [...random.pick(CAPABILITIES)],
    maxGamers: random.pick(MAX_GAMERS),
  };
  return { member, perS, reliability };
}

export function newPlayer(random: Random, member: Member): Player {
  member.needs = random.pick(NEEDS);
  return { member, wantsPerS: random.pick(WANTS) };
}

export function newRttMs(random: Random): number {
  return random.pick(ROUND_TRIPS) * (0.7 + 0.6 * random.next());
}
