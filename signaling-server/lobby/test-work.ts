import type { Member } from '../rooms/member.ts';
import type { Machine, Player } from './test-people.ts';

/** Rounds in which the time that some gamers leave is offered to the others; after these less than a hundredth is left. */
const ROUNDS = 6;
const NEGLIGIBLE_PER_S = 1e-9;

/** One volunteer's help for one gamer. */
export interface Help {
  readonly machine: Machine;
  /** Share of the volunteer's time, 0..1. */
  time: number;
}

/** A volunteer's time. */
interface Time {
  readonly machine: Machine;
  /** The share of it that nobody uses yet. */
  left: number;
  /** Gamers that would use more of it in this round. */
  askers: number;
  /** The share that each of them may have. */
  offered: number;
}

/** The tasks that a gamer wants done. */
interface Wish {
  readonly player: Player;
  readonly helps: readonly (Help & { of: Time })[];
  /** Tasks a second that no volunteer does yet. */
  unmetPerS: number;
}

/** How the work of all flows at one moment, and who does it. */
export interface Dispatched {
  flow: Flow;
  /** Of each volunteer that accepts work, 0..1. */
  loads: ReadonlyMap<Member, number>;
  /** By gamer. */
  helps: ReadonlyMap<Member, readonly Help[]>;
}

/**
 * The result of dispatching without running dispatchers. Each volunteer gives its gamers equal shares of its time, and what one does
 * not use to the others (as web/compute/fair-queue.ts does; here by progressive filling). Each gamer spreads its tasks over its
 * helpers in proportion to what they can do for it, since whoever finishes first gets the next task. Failed tasks are done again.
 */
export function dispatch(machines: ReadonlyMap<Member, Machine>, players: ReadonlyMap<Member, Player>): Dispatched {
  const times = new Map<Member, Time>();
  for (const machine of machines.values()) {
    const { member } = machine;
    if (member.status.accepting) times.set(member, { machine, left: 1, askers: 0, offered: 0 });
  }
  const wishes = [...players.values()].map((player): Wish => {
    const helpers = [...player.member.peers.values()].flatMap((peer) => times.get(peer) ?? []);
    const helps = helpers.map((of) => ({ of, machine: of.machine, time: 0 }));
    return { player, helps, unmetPerS: player.wantsPerS };
  });
  fill(wishes, times.values());
  const loads = new Map([...times].map(([member, { left }]) => [member, 1 - left]));
  const shares = wishes.map(({ player, unmetPerS }) => 1 - unmetPerS / player.wantsPerS);
  const helps = new Map(wishes.map((wish) => [wish.player.member, wish.helps]));
  return { flow: flowOf(shares, [...loads.values()]), loads, helps };
}

/** Max-min fairness: in each round gamers that want more share equally what is left of each volunteer. */
function fill(wishes: readonly Wish[], times: Iterable<Time>): void {
  const all = [...times];
  let unmet = wishes;
  for (let round = 0; round < ROUNDS && unmet.length > 0; round++) {
    for (const time of all) time.askers = 0;
    for (const { helps } of unmet) for (const { of } of helps) of.askers++;
    for (const time of all) time.offered = time.left / time.askers;
    unmet = unmet.filter((wish) => {
      const offeredPerS = sum(wish.helps.map(({ of }) => of.offered * correctPerS(of.machine)));
      if (offeredPerS < NEGLIGIBLE_PER_S) return false;
      const used = Math.min(1, wish.unmetPerS / offeredPerS);
      for (const help of wish.helps) {
        help.time += used * help.of.offered;
        help.of.left -= used * help.of.offered;
      }
      wish.unmetPerS = used < 1 ? 0 : wish.unmetPerS - offeredPerS;
      return used === 1;
    });
  }
}

/** Correct results a second. */
export function correctPerS({ perS, reliability }: Machine): number {
  return perS * reliability;
}

/** A gamer that gets this share of what it wants is served: it does not notice the rest. */
const SERVED = 0.95;
/** A volunteer that is busy for this share of its time has none left. */
const FULL = 0.99;

/** How the work of all flows at one moment. */
export interface Flow {
  /** Share of the gamers that are served. */
  served: number;
  /** Jain's index of the shares that gamers get of what each wants. */
  fairness: number;
  /** {@link spreadOf} the loads of volunteers that accept work. Loads are shares of their time, so each is measured by what it can do. */
  loadSpread: number;
  /** Share of these volunteers that are full. */
  full: number;
}

/** @param shares - what each gamer gets of what it wants, 0..1. @param loads - of each volunteer that accepts work, 0..1 */
export function flowOf(shares: readonly number[], loads: readonly number[]): Flow {
  return {
    served: meanOf(shares.map((share) => Number(share >= SERVED))),
    fairness: jainIndex(shares),
    loadSpread: spreadOf(loads),
    full: meanOf(loads.map((load) => Number(load >= FULL))),
  };
}

export function meanFlow(flows: readonly Flow[]): Flow {
  const mean = (key: keyof Flow) => meanOf(flows.map((flow) => flow[key]));
  return { served: mean('served'), fairness: mean('fairness'), loadSpread: mean('loadSpread'), full: mean('full') };
}

/**
 * (sum of x)^2 / (n * sum of x^2): 1 if all have the same, 1/n if one has all, 1 if nobody has anything. Jain, Chiu and Hawe,
 * "A quantitative measure of fairness and discrimination for resource allocation in shared computer systems", DEC-TR-301, 1984.
 */
export function jainIndex(values: readonly number[]): number {
  const squares = sum(values.map((value) => value * value));
  return squares === 0 ? 1 : sum(values) ** 2 / (values.length * squares);
}

/** The coefficient of variation, standard deviation over mean: 0 if all are alike. */
export function spreadOf(values: readonly number[]): number {
  const mean = meanOf(values);
  return mean > 0 ? Math.sqrt(meanOf(values.map((value) => (value - mean) ** 2))) / mean : 0;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

function meanOf(values: readonly number[]): number {
  return sum(values) / values.length;
}
