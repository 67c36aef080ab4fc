import type { Member } from '../../signaling-server/rooms/member.ts';
import { sum } from '../measuring.ts';
import type { Machine, Player } from './people.ts';

/** Rounds in which the time that some gamers leave is offered to the others; after these less than a hundredth is left. */
const ROUNDS = 6;
const NEGLIGIBLE_PER_S = 1e-9;

/** One volunteer's help for one gamer. */
export interface Help {
  readonly machine: Machine;
  /** Share of the volunteer's time, 0..1. */
  readonly time: number;
}

interface Seat extends Help {
  readonly desk: Desk;
  time: number;
}

/** The tasks that a gamer wants done. */
interface Wish {
  readonly seats: readonly Seat[];
  readonly wantsPerS: number;
  /** Tasks a second that no volunteer does yet. */
  unmetPerS: number;
}

/** A volunteer's time. */
interface Desk {
  /** The share of it that nobody uses yet. */
  left: number;
  /** Gamers that would use more of it in this round. */
  askers: number;
  /** The share that each of them may have. */
  offered: number;
}

/**
 * The result of dispatching without running dispatchers. Each volunteer gives its gamers equal shares of its time, and what one does
 * not use to the others (as web/compute/fair-queue.ts does; here by progressive filling). Each gamer spreads its tasks over its
 * helpers in proportion to what they can do for it, since whoever finishes first gets the next task. Failed tasks are done again.
 */
export class Work {
  readonly #loads = new Map<Member, number>();
  readonly #helps = new Map<Member, readonly Help[]>();

  /** Computes the flow at this moment; {@link loadOf} and {@link helpsOf} then give its details. */
  flow(machines: ReadonlyMap<Member, Machine>, players: ReadonlyMap<Member, Player>): Flow {
    const desks = new Map<Machine, Desk>();
    for (const machine of machines.values()) {
      if (machine.member.status.accepting) desks.set(machine, { left: 1, askers: 0, offered: 0 });
    }
    const wishes: Wish[] = [];
    this.#helps.clear();
    for (const player of players.values()) {
      const seats = seatsOf(player, machines, desks);
      this.#helps.set(player.member, seats);
      wishes.push({ seats, wantsPerS: player.wantsPerS, unmetPerS: player.wantsPerS });
    }
    fill(wishes, desks);
    this.#loads.clear();
    for (const [{ member }, { left }] of desks) this.#loads.set(member, 1 - left);
    const shares = wishes.map(({ wantsPerS, unmetPerS }) => 1 - unmetPerS / wantsPerS);
    return flowOf(shares, [...this.#loads.values()]);
  }

  /** 0..1. */
  loadOf(volunteer: Member): number {
    return this.#loads.get(volunteer) ?? 0;
  }

  helpsOf(gamer: Member): readonly Help[] {
    return this.#helps.get(gamer) ?? [];
  }
}

function seatsOf(
  { member }: Player,
  machines: ReadonlyMap<Member, Machine>,
  desks: ReadonlyMap<Machine, Desk>,
): Seat[] {
  const seats: Seat[] = [];
  for (const peer of member.peers.values()) {
    const machine = machines.get(peer);
    const desk = machine && desks.get(machine);
    if (desk) seats.push({ machine, desk, time: 0 });
  }
  return seats;
}

/** Max-min fairness: in each round gamers that want more share equally what is left of each volunteer. */
function fill(wishes: readonly Wish[], desks: ReadonlyMap<Machine, Desk>): void {
  let unmet = wishes;
  for (let round = 0; round < ROUNDS && unmet.length > 0; round++) {
    for (const { seats } of unmet) for (const { desk } of seats) desk.askers++;
    for (const { seats } of unmet) for (const { desk } of seats) desk.offered = desk.left / desk.askers;
    unmet = unmet.filter((wish) => {
      let offeredPerS = 0;
      for (const { machine, desk } of wish.seats) offeredPerS += desk.offered * correctPerS(machine);
      if (offeredPerS < NEGLIGIBLE_PER_S) return false;
      const used = Math.min(1, wish.unmetPerS / offeredPerS);
      for (const seat of wish.seats) {
        seat.time += used * seat.desk.offered;
        seat.desk.left -= used * seat.desk.offered;
      }
      wish.unmetPerS = used < 1 ? 0 : wish.unmetPerS - offeredPerS;
      return used === 1;
    });
    for (const desk of desks.values()) desk.askers = 0;
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

/**
 * @param shares - what each gamer gets of what it wants, 0..1
 * @param loads - the load of each volunteer that accepts work, 0..1
 */
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

function meanOf(values: readonly number[]): number {
  return sum(values) / values.length;
}
