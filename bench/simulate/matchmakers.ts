import type { VolunteerStatus } from '../../shared/signaling.ts';
import { COORDINATOR } from '../../shared/tuning.ts';
import { Introductions } from '../../signaling-server/introductions.ts';
import { isOfUse, type TaskSet, taskSet } from '../../signaling-server/lobby-keys.ts';
import { isWelcome, placesOf } from '../../signaling-server/matchmaker.ts';
import type { Member } from '../../signaling-server/member.ts';
import type { Rooms } from '../../signaling-server/rooms.ts';
import type { Random } from './random.ts';

/** Who decides whom a gamer is introduced to. */
export interface Matchmaker {
  /** A member is there, and in its room. */
  arrived(member: Member): void;
  /** A member is gone, and out of its room. */
  left(member: Member): void;
  statusChanged(volunteer: Member, before: VolunteerStatus): void;
  /** Gamers have told how it did. */
  rated(volunteer: Member): void;
}

/** The coordinator's own. */
export function ours(rooms: Rooms): Matchmaker {
  const introductions = new Introductions(rooms, { maxIntroductions: COORDINATOR.maxIntroductions, onMatch() {} });
  return {
    arrived(member) {
      if (member.role === 'gamer') introductions.seek(member, true);
      introductions.arrange(member);
    },
    left(member) {
      introductions.gone(member, partedFromAll(member));
    },
    statusChanged: (volunteer, before) => introductions.statusChanged(volunteer, before),
    rated: (volunteer) => introductions.rated(volunteer),
  };
}

/** Volunteers that have room for another gamer. */
interface Vacancies {
  add(volunteer: Member): void;
  delete(volunteer: Member): void;
  /** In the order they are to be tried; the one that is taken is told of by `took`. */
  candidates(): Iterable<Member>;
  took(volunteer: Member): void;
}

/** Who was taken is taken again after all others. */
export function roundRobin(): Matchmaker {
  const queue = new Set<Member>();
  return new PlainMatchmaker({
    add: (volunteer) => void queue.add(volunteer),
    delete: (volunteer) => void queue.delete(volunteer),
    candidates: () => queue,
    took(volunteer) {
      if (queue.delete(volunteer)) queue.add(volunteer);
    },
  });
}

export function randomly(random: Random): Matchmaker {
  const members: Member[] = [];
  const places = new Map<Member, number>();
  return new PlainMatchmaker({
    add(volunteer) {
      if (!places.has(volunteer)) places.set(volunteer, members.push(volunteer) - 1);
    },
    delete(volunteer) {
      const place = places.get(volunteer);
      const last = members.at(-1);
      if (place === undefined || !last) return;
      members[place] = last;
      places.set(last, place);
      members.pop();
      places.delete(volunteer);
    },
    *candidates() {
      for (let tries = 0; tries < MAX_TRIES && members.length > 0; tries++) {
        yield members[Math.floor(random.next() * members.length)] as Member;
      }
    },
    took() {},
  });
}

/** Candidates that are looked at for one introduction: nine in ten are of use. */
const MAX_TRIES = 32;

/**
 * What a server without a ranking would do: a gamer is given volunteers until it has enough; when there are none it waits in a
 * queue, and whoever has waited longest is given the next. Both respect room and capability as ours does.
 */
class PlainMatchmaker implements Matchmaker {
  /** By what they need, each in the order they came. */
  readonly #waiting = new Map<TaskSet, Set<Member>>();
  readonly #vacancies: Vacancies;

  constructor(vacancies: Vacancies) {
    this.#vacancies = vacancies;
  }

  arrived(member: Member): void {
    if (member.role === 'gamer') this.#serve(member);
    else this.#offer(member);
  }

  left(member: Member): void {
    this.#waitNoMore(member);
    this.#vacancies.delete(member);
    for (const peer of partedFromAll(member)) {
      if (peer.role === 'gamer') this.#serve(peer);
      else this.#offer(peer);
    }
  }

  statusChanged(volunteer: Member, before: VolunteerStatus): void {
    if (before.accepting === volunteer.status.accepting) return;
    this.#offer(volunteer);
    if (!volunteer.status.accepting) for (const gamer of volunteer.peers.values()) this.#serve(gamer);
  }

  rated(): void {}

  #offer(volunteer: Member): void {
    this.#file(volunteer);
    const can = taskSet(volunteer.status.tasks);
    for (const [needs, queue] of this.#waiting) {
      if (!isOfUse(can, needs)) continue;
      for (const gamer of queue) {
        if (!hasRoom(volunteer)) return;
        if (canHelp(volunteer, gamer)) this.#introduce(gamer, volunteer);
        if (placesOf(gamer, COORDINATOR.maxIntroductions) === 0) queue.delete(gamer);
      }
    }
  }

  #serve(gamer: Member): void {
    while (placesOf(gamer, COORDINATOR.maxIntroductions) > 0) {
      const volunteer = this.#candidateFor(gamer);
      if (!volunteer) {
        this.#wait(gamer);
        return;
      }
      this.#introduce(gamer, volunteer);
      this.#vacancies.took(volunteer);
    }
    this.#waitNoMore(gamer);
  }

  #wait(gamer: Member): void {
    const needs = taskSet(gamer.needs);
    const queue = this.#waiting.get(needs) ?? new Set();
    this.#waiting.set(needs, queue.add(gamer));
  }

  #waitNoMore(gamer: Member): void {
    this.#waiting.get(taskSet(gamer.needs))?.delete(gamer);
  }

  #candidateFor(gamer: Member): Member | null {
    let tries = 0;
    for (const volunteer of this.#vacancies.candidates()) {
      if (canHelp(volunteer, gamer)) return volunteer;
      if (++tries === MAX_TRIES) break;
    }
    return null;
  }

  #introduce(gamer: Member, volunteer: Member): void {
    gamer.peers.set(volunteer.id, volunteer);
    volunteer.peers.set(gamer.id, gamer);
    this.#file(volunteer);
  }

  #file(volunteer: Member): void {
    if (hasRoom(volunteer)) this.#vacancies.add(volunteer);
    else this.#vacancies.delete(volunteer);
  }
}

function hasRoom({ status, peers, online }: Member): boolean {
  return online && status.accepting && peers.size < status.maxGamers;
}

function canHelp(volunteer: Member, gamer: Member): boolean {
  return (
    hasRoom(volunteer) && isWelcome(gamer, volunteer) && isOfUse(taskSet(volunteer.status.tasks), taskSet(gamer.needs))
  );
}

/** What the coordinator does when a member departs. */
function partedFromAll(member: Member): Member[] {
  const knew = [...member.peers.values()];
  for (const peer of knew) peer.part({ peerId: member.id, why: 'left' });
  member.peers.clear();
  return knew;
}
