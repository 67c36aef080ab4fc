import type { Role, VolunteerStatus } from '../../shared/signaling.ts';
import type { Connection, Member } from '../../signaling-server/member.ts';
import { LOBBY } from '../../signaling-server/place.ts';
import { Rooms } from '../../signaling-server/rooms.ts';
import { Agenda } from './agenda.ts';
import type { Matchmaker } from './matchmakers.ts';
import { type Machine, newMachine, newPlayer, newRttMs, PEOPLE, type Player } from './people.ts';
import { Random } from './random.ts';
import { type Flow, Work } from './work.ts';

/** How often work is looked at and loads are told: rarer than by real pages (SIGNALING.statusIntervalMs). */
const FLOW_EVERY_S = 60;
const TOLD_DIFFERENCE = 0.05;
const REPORTS_EVERY_S = 300;

export interface Figures {
  /** Of arrivals, departures, and volunteers that pause or go on, once all are there; ms. */
  decisionsMs: number[];
  calm: Flow[];
  rush: Flow[];
}

/** An hour of a lobby under one matchmaker. Who comes and goes when is the same under every one. */
export class World {
  readonly agenda = new Agenda();
  readonly machines = new Map<Member, Machine>();
  readonly players = new Map<Member, Player>();
  readonly figures: Figures = { decisionsMs: [], calm: [], rush: [] };
  readonly #random: Random;
  readonly #rooms = new Rooms({ roomCapacity: 2, maxSessions: 2 * (PEOPLE.volunteers + PEOPLE.gamers) });
  readonly #matchmaker: Matchmaker;
  readonly #work = new Work();
  #count = 0;

  constructor(seed: number, matchmaker: (rooms: Rooms) => Matchmaker) {
    this.#random = new Random(seed);
    this.#matchmaker = matchmaker(this.#rooms);
    for (let nth = 0; nth < PEOPLE.volunteers; nth++) {
      this.agenda.at(PEOPLE.gatherS * this.#random.next(), () => this.#volunteerComes());
    }
    for (let nth = 0; nth < PEOPLE.gamers; nth++) {
      this.agenda.at(PEOPLE.gatherS * this.#random.next(), () => this.#gamerComes());
    }
    this.#every(REPORTS_EVERY_S, () => this.#report());
    this.#every(FLOW_EVERY_S, () => this.#flow());
    this.agenda.at(PEOPLE.rushAtS, () => this.#rush());
  }

  loadOf(volunteer: Member): number {
    return this.#work.loadOf(volunteer);
  }

  #every(periodS: number, act: () => void): void {
    this.agenda.after(periodS, () => {
      act();
      this.#every(periodS, act);
    });
  }

  #volunteerComes(): void {
    const life = new Random(this.#random.next() * 2 ** 32);
    const member = this.#join('volunteer', newRttMs(life));
    this.machines.set(member, newMachine(life, member));
    this.#decide(() => this.#matchmaker.arrived(member));
    this.agenda.after(life.exponential(PEOPLE.volunteerStaysS), () => {
      this.machines.delete(member);
      this.#leave(member);
      this.#volunteerComes();
    });
    this.#workThenPause(member, life);
  }

  #workThenPause(member: Member, life: Random): void {
    this.agenda.after(life.exponential(PEOPLE.worksForS), () => {
      this.#pause(member, life.exponential(PEOPLE.pausesForS));
      this.#workThenPause(member, life);
    });
  }

  #pause(volunteer: Member, forS: number): void {
    if (!this.machines.has(volunteer) || !volunteer.status.accepting) return;
    this.#setStatus(volunteer, { accepting: false, load: 0 });
    this.agenda.after(forS, () => {
      if (this.machines.has(volunteer)) this.#setStatus(volunteer, { accepting: true, load: 0 });
    });
  }

  #rush(): void {
    for (const member of this.machines.keys()) {
      if (this.#random.next() > PEOPLE.rushPart) continue;
      const forS = this.#random.exponential(PEOPLE.rushPausesForS);
      this.agenda.after(PEOPLE.rushWithinS * this.#random.next(), () => this.#pause(member, forS));
    }
  }

  #gamerComes(): void {
    const life = new Random(this.#random.next() * 2 ** 32);
    const member = this.#join('gamer', newRttMs(life));
    this.players.set(member, newPlayer(life, member));
    this.#decide(() => this.#matchmaker.arrived(member));
    this.agenda.after(life.exponential(PEOPLE.gamerStaysS), () => {
      this.players.delete(member);
      this.#leave(member);
      this.#gamerComes();
    });
  }

  #join(role: Role, rttMs: number): Member {
    const id = `${role} ${this.#count++}`;
    const place = role === 'volunteer' ? LOBBY : { name: id, inviteOnly: true };
    const member = this.#rooms.add({ id, role, name: role }, place);
    member.attach(new FarAway(rttMs));
    member.greet({
      id,
      room: place.name,
      inviteOnly: true,
      pass: '',
      iceServers: [],
      resumed: false,
      lobby: true,
      challenge: null,
    });
    return member;
  }

  #leave(member: Member): void {
    this.#rooms.remove(member);
    this.#decide(() => this.#matchmaker.left(member));
  }

  #setStatus(volunteer: Member, changes: Partial<VolunteerStatus>): void {
    const before = volunteer.status;
    volunteer.status = { ...before, ...changes };
    this.#decide(() => this.#matchmaker.statusChanged(volunteer, before));
  }

  #decide(act: () => void): void {
    const startedMs = performance.now();
    act();
    if (this.agenda.nowS > PEOPLE.gatherS) this.figures.decisionsMs.push(performance.now() - startedMs);
  }

  #flow(): void {
    this.#measure(this.#work.flow(this.machines, this.players));
    for (const { member } of this.machines.values()) {
      const before = member.status;
      const load = Math.min(1, this.loadOf(member));
      if (!before.accepting || Math.abs(load - before.load) < TOLD_DIFFERENCE) continue;
      member.status = { ...before, load };
      this.#matchmaker.statusChanged(member, before);
    }
  }

  /** What gamers tell of each volunteer since the last time. */
  #report(): void {
    for (const { member, perS, reliability } of this.machines.values()) {
      const tasks = Math.round(this.loadOf(member) * perS * REPORTS_EVERY_S);
      if (tasks === 0) continue;
      const { completed, failed } = member.reputation;
      const right = Math.round(tasks * reliability);
      member.reputation = { completed: completed + right, failed: failed + tasks - right };
      this.#matchmaker.rated(member);
    }
  }

  #measure(flow: Flow): void {
    const { nowS } = this.agenda;
    if (nowS <= 2 * PEOPLE.gatherS) return;
    if (nowS <= PEOPLE.rushAtS) this.figures.calm.push(flow);
    else if (nowS > PEOPLE.rushAtS + PEOPLE.rushWithinS) this.figures.rush.push(flow);
  }
}

/** A socket to nobody. */
class FarAway implements Connection {
  readonly host = 'simulated';

  constructor(readonly rttMs: number) {}

  joined(): void {}
  introduce(): void {}
  signal(): void {}
  gone(): void {}
  close(): void {}
}
