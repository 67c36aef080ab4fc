import type { Member } from '../../signaling-server/member.ts';
import type { Machine, Player } from './people.ts';

/** How the work of everybody flows at one moment. */
export interface Flow {
  /** Part of the gamers that get what they want, nearly. */
  served: number;
  /** Jain's index of what gamers get of what they want: 1 is the same part for everybody, 1/n all for one. */
  fairness: number;
  /** Standard deviation of the load of volunteers that accept work, over its mean. */
  loadSpread: number;
  /** Part of those that are full. */
  full: number;
}

/** A gamer that gets this part of what it wants is served. */
const NEARLY = 0.95;
const FULL = 0.99;

/**
 * What dispatchers come to, without running them: each volunteer gives its gamers equal parts of its time (web/compute/fair-queue.ts), each
 * gamer spreads what it wants over its helpers by what they can do for it (whoever finishes first gets the next task), and what
 * goes wrong is done again.
 */
export class Work {
  readonly #loads = new Map<Member, number>();

  /** @returns how things are now; {@link loadOf} tells what it makes of each volunteer. */
  flow(machines: ReadonlyMap<Member, Machine>, players: ReadonlyMap<Member, Player>): Flow {
    this.#loads.clear();
    let [served, sum, squares] = [0, 0, 0];
    for (const { member, wantsPerS } of players.values()) {
      const got = this.#spread(member, wantsPerS, machines);
      if (got >= NEARLY) served++;
      sum += got;
      squares += got * got;
    }
    const count = Math.max(1, players.size);
    return {
      served: served / count,
      fairness: squares === 0 ? 1 : sum ** 2 / (count * squares),
      ...this.#loadsOf(machines),
    };
  }

  /** 0..1. */
  loadOf(volunteer: Member): number {
    return this.#loads.get(volunteer) ?? 0;
  }

  /** @returns the part of what it wants that a gamer gets, 0..1 */
  #spread(gamer: Member, wantsPerS: number, machines: ReadonlyMap<Member, Machine>): number {
    const shares: { member: Member; timeShare: number }[] = [];
    let availablePerS = 0;
    for (const member of gamer.peers.values()) {
      const machine = machines.get(member);
      if (!machine?.member.status.accepting) continue;
      const timeShare = 1 / machine.member.peers.size;
      availablePerS += timeShare * machine.perS * machine.reliability;
      shares.push({ member: machine.member, timeShare });
    }
    if (availablePerS === 0) return 0;
    const used = Math.min(1, wantsPerS / availablePerS);
    for (const { member, timeShare } of shares) {
      this.#loads.set(member, (this.#loads.get(member) ?? 0) + timeShare * used);
    }
    return Math.min(1, availablePerS / wantsPerS);
  }

  #loadsOf(machines: ReadonlyMap<Member, Machine>) {
    let [count, sum, squares, full] = [0, 0, 0, 0];
    for (const { member } of machines.values()) {
      if (!member.status.accepting) continue;
      const load = this.loadOf(member);
      count++;
      sum += load;
      squares += load * load;
      if (load >= FULL) full++;
    }
    const mean = sum / Math.max(1, count);
    const deviation = Math.sqrt(Math.max(0, squares / Math.max(1, count) - mean * mean));
    return { loadSpread: mean === 0 ? 0 : deviation / mean, full: full / Math.max(1, count) };
  }
}
