import type { Member } from '../../signaling-server/rooms/member.ts';
import { type Flow, flowOf } from './measures.ts';
import type { Machine, Player } from './people.ts';

/** Rounds in which what some gamers leave is offered to the others: what is left after these is under a hundredth. */
const ROUNDS = 6;
const NOTHING = 1e-9;

/** What one volunteer does for one gamer. */
export interface Help {
  readonly machine: Machine;
  /** The part of the volunteer's time, 0..1. */
  readonly time: number;
}

interface Seat extends Help {
  readonly desk: Desk;
  time: number;
}

/** What a gamer wants and gets at present. */
interface Wish {
  readonly seats: readonly Seat[];
  readonly wantsPerS: number;
  /** Of that, what nobody does yet. */
  unmetPerS: number;
}

interface Desk {
  /** The part of its time that nobody uses yet. */
  left: number;
  /** How many gamers would use more of it, in this round. */
  askers: number;
  /** What each of them may have. */
  offered: number;
}

/**
 * What dispatchers come to, without running them: each volunteer gives its gamers equal parts of its time, and what one of them does
 * not use to the others (web/compute/fair-queue.ts, here by progressive filling); each gamer spreads what it wants over its helpers by
 * what they can do for it (whoever finishes first gets the next task), and what goes wrong is done again.
 */
export class Work {
  readonly #loads = new Map<Member, number>();
  readonly #helps = new Map<Member, readonly Help[]>();

  /** @returns how things are now; {@link loadOf} and {@link helpsOf} tell what it makes of each. */
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
    const parts = wishes.map(({ wantsPerS, unmetPerS }) => 1 - unmetPerS / wantsPerS);
    return flowOf(parts, [...this.#loads.values()]);
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

/** Max-min fair: in each round those that want more share what is left of each volunteer equally. */
function fill(wishes: readonly Wish[], desks: ReadonlyMap<Machine, Desk>): void {
  let unmet = wishes;
  for (let round = 0; round < ROUNDS && unmet.length > 0; round++) {
    for (const { seats } of unmet) for (const { desk } of seats) desk.askers++;
    for (const { seats } of unmet) for (const { desk } of seats) desk.offered = desk.left / desk.askers;
    unmet = unmet.filter((wish) => {
      let offeredPerS = 0;
      for (const { machine, desk } of wish.seats) offeredPerS += desk.offered * rightPerS(machine);
      if (offeredPerS < NOTHING) return false;
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

/** Results in a second that need not be done again. */
export function rightPerS({ perS, reliability }: Machine): number {
  return perS * reliability;
}
