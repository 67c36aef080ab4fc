import type { Role, VolunteerStatus } from '../../shared/signaling.ts';
import { LOBBY, newRoom } from '../access/room-address.ts';
import type { Connection } from '../rooms/connection.ts';
import type { Member } from '../rooms/member.ts';
import { Rooms } from '../rooms/rooms.ts';
import { STORE_LIMITS } from '../store/store.ts';
import type { Matchmaker } from './test-matchmakers.ts';
import { type Machine, newMachine, newPlayer, newRttMs, PEOPLE, type Player, Random } from './test-people.ts';
import { type Dispatched, dispatch, type Flow } from './test-work.ts';

/** How often the flow of work is computed and loads are reported; real pages report more often. */
const FLOW_EVERY_S = 60;
const REPORTED_DIFFERENCE = 0.05;
const REPORTS_EVERY_S = 300;

interface Figures {
  /** The matchmaker's time for each member that joins, leaves, pauses or resumes, once all are there, ms. */
  decisionsMs: number[];
  calm: Flow[];
  rush: Flow[];
}

/** How many are there at a time. */
interface Crowd {
  volunteers: number;
  gamers: number;
}

/** An hour of a lobby under one matchmaker. The same people join and leave at the same times under every matchmaker. */
export class World {
  readonly events = new EventQueue();
  readonly machines = new Map<Member, Machine>();
  readonly players = new Map<Member, Player>();
  readonly figures: Figures = { decisionsMs: [], calm: [], rush: [] };
  readonly #random: Random;
  readonly #rooms = new Rooms({ roomCapacity: 2, maxSessions: Number.POSITIVE_INFINITY });
  readonly #matchmaker: Matchmaker;
  #dispatched: Dispatched | null = null;
  #count = 0;

  constructor(seed: number, { volunteers, gamers }: Crowd, matchmaker: (rooms: Rooms) => Matchmaker) {
    this.#random = new Random(seed);
    this.#matchmaker = matchmaker(this.#rooms);
    const gather = (join: () => void) => this.events.at(PEOPLE.gatherS * this.#random.next(), join);
    for (let nth = 0; nth < volunteers; nth++) gather(() => this.#volunteerJoins());
    for (let nth = 0; nth < gamers; nth++) gather(() => this.#gamerJoins());
    this.#every(REPORTS_EVERY_S, () => this.#report());
    this.#every(FLOW_EVERY_S, () => this.#flow());
    this.events.at(PEOPLE.rushAtS, () => this.#rush());
  }

  #every(periodS: number, act: () => void): void {
    this.events.after(periodS, () => {
      act();
      this.#every(periodS, act);
    });
  }

  #volunteerJoins(): void {
    const life = new Random(this.#random.next() * 2 ** 32);
    const member = this.#join('volunteer', newRttMs(life));
    this.machines.set(member, newMachine(life, member));
    this.#decide(() => this.#matchmaker.arrived(member));
    this.events.after(life.exponential(PEOPLE.volunteerStaysS), () => {
      this.machines.delete(member);
      this.#leave(member);
      this.#volunteerJoins();
    });
    this.#workThenPause(member, life);
  }

  #workThenPause(member: Member, life: Random): void {
    this.events.after(life.exponential(PEOPLE.worksForS), () => {
      if (!this.machines.has(member)) return;
      this.#pause(member, life.exponential(PEOPLE.pausesForS));
      this.#workThenPause(member, life);
    });
  }

  #pause(volunteer: Member, forS: number): void {
    if (!this.machines.has(volunteer) || !volunteer.status.accepting) return;
    this.#setStatus(volunteer, { accepting: false, load: 0 });
    this.events.after(forS, () => {
      if (this.machines.has(volunteer)) this.#setStatus(volunteer, { accepting: true, load: 0 });
    });
  }

  #rush(): void {
    for (const member of this.machines.keys()) {
      if (this.#random.next() > PEOPLE.rushShare) continue;
      const forS = this.#random.exponential(PEOPLE.rushPausesForS);
      this.events.after(PEOPLE.rushWithinS * this.#random.next(), () => this.#pause(member, forS));
    }
  }

  #gamerJoins(): void {
    const life = new Random(this.#random.next() * 2 ** 32);
    const member = this.#join('gamer', newRttMs(life));
    this.players.set(member, newPlayer(life, member));
    this.#decide(() => this.#matchmaker.arrived(member));
    this.events.after(life.exponential(PEOPLE.gamerStaysS), () => {
      this.players.delete(member);
      this.#leave(member);
      this.#gamerJoins();
    });
  }

  #join(role: Role, rttMs: number): Member {
    const id = `${role} ${this.#count++}`;
    const place = role === 'volunteer' ? LOBBY : newRoom(true, id);
    const member = this.#rooms.add({ id, role, name: role }, place);
    member.attach(new NoConnection(rttMs));
    member.greet({
      id,
      room: place.name,
      inviteOnly: true,
      pass: '',
      iceServers: [],
      iceValidS: null,
      resumed: false,
      lobby: true,
      owner: false,
      mayInvite: false,
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
    const tookMs = performance.now() - startedMs;
    if (this.events.nowS > PEOPLE.gatherS) this.figures.decisionsMs.push(tookMs);
  }

  #flow(): void {
    this.#dispatched = dispatch(this.machines, this.players);
    const { flow, loads } = this.#dispatched;
    const { nowS } = this.events;
    if (nowS > 2 * PEOPLE.gatherS && nowS <= PEOPLE.rushAtS) this.figures.calm.push(flow);
    if (nowS > PEOPLE.rushAtS + PEOPLE.rushWithinS) this.figures.rush.push(flow);
    for (const { member } of this.machines.values()) {
      const before = member.status;
      const load = Math.min(1, loads.get(member) ?? 0);
      if (!before.accepting || Math.abs(load - before.load) < REPORTED_DIFFERENCE) continue;
      member.status = { ...before, load };
      this.#matchmaker.statusChanged(member, before);
    }
  }

  /** Gamers report what each volunteer has done since their last report. */
  #report(): void {
    const rated = new Set<Member>();
    for (const { member: gamer } of this.players.values()) {
      const partners = new Map(gamer.partners);
      for (const { machine, time } of this.#dispatched?.helps.get(gamer) ?? []) {
        const { member, perS, reliability } = machine;
        const tasks = Math.round(time * perS * REPORTS_EVERY_S);
        if (tasks === 0) continue;
        const right = Math.round(tasks * reliability);
        const { completed, failed } = member.reputation;
        member.reputation = { completed: completed + right, failed: failed + tasks - right };
        rated.add(member);
        partners.set(member.historyId, gamer.rttMs + member.rttMs);
      }
      gamer.partners = new Map([...partners].slice(-STORE_LIMITS.maxPartnersPerGamer));
    }
    for (const volunteer of rated) if (this.machines.has(volunteer)) this.#matchmaker.rated(volunteer);
  }
}

/** Actions at times of a virtual clock, to the second: hundreds of thousands are pending at a time. */
export class EventQueue {
  /** By second, in the order of entering. */
  readonly #due = new Map<number, (() => void)[]>();
  nowS = 0;

  at(atS: number, act: () => void): void {
    const second = Math.ceil(Math.max(atS, this.nowS));
    const due = this.#due.get(second);
    if (due) due.push(act);
    else this.#due.set(second, [act]);
  }

  after(delayS: number, act: () => void): void {
    this.at(this.nowS + delayS, act);
  }

  /** Runs all actions up to this whole second, those included that they add. */
  runUntil(endS: number): void {
    for (; this.nowS <= endS; this.nowS++) {
      for (const act of this.#due.get(this.nowS) ?? []) act();
      this.#due.delete(this.nowS);
    }
  }
}

/** A connection that leads nowhere. */
class NoConnection implements Connection {
  readonly host = 'simulated';
  readonly instance = 'simulated';
  readonly socketId = '';
  readonly networks = [''];

  constructor(readonly rttMs: number) {}

  joined(): void {}
  introduce(): void {}
  signal(): void {}
  gone(): void {}
  close(): void {}
}
