import type { Logger } from 'pino';
import { MeshError } from '../shared/errors.ts';
import {
  type InviteRequest,
  type Joined,
  type JoinRequest,
  type SignalRequest,
  sessionIdOf,
  type VolunteerReport,
  type VolunteerStatus,
} from '../shared/signaling.ts';
import { SIGNALING } from '../shared/tuning.ts';
import type { ServerClock } from './clock.ts';
import type { Config } from './config.ts';
import { type Invites, notInvited } from './invites.ts';
import { match, scoreFor } from './matchmaker.ts';
import type { Connection, Member } from './member.ts';
import { type Place, privateName } from './place.ts';
import { type Counts, Rooms } from './rooms.ts';
import type { MemoryStore } from './store/memory.ts';
import { type IceConfig, iceServersFor } from './turn.ts';

interface Parts {
  config: Pick<Config, 'roomCapacity' | 'maxSessions' | 'maxIntroductions'> & IceConfig;
  invites: Invites;
  store: MemoryStore;
  clock: ServerClock;
  log: Logger;
  /** A gamer and a volunteer were introduced who did not know each other. */
  onMatch(): void;
}

/** Where a session may go; `onlyIfNew`: uninvited, so only as the one who makes the room. */
interface Admission {
  place: Place;
  onlyIfNew: boolean;
}

/** A member over its newest socket, which is yet to be told so. */
interface Arrival {
  member: Member;
  joined: Omit<Joined, 'introductions'>;
}

/** What the coordinator decides on each event. It knows members and their connections, nothing of sockets. */
export class Coordinator {
  readonly #rooms: Rooms;
  /** Cancels the end of the resume grace of members whose socket is away. */
  readonly #graces = new Map<Member, () => void>();

  constructor(private readonly parts: Parts) {
    this.#rooms = new Rooms(parts.config);
  }

  counts(): Counts {
    return this.#rooms.counts();
  }

  /**
   * Lets a page in, or back into its session. Call {@link welcome} with what it returns while the page is still there.
   * @throws MeshError `not-invited`, `room-full`
   */
  async join(request: JoinRequest, connection: Connection): Promise<Arrival> {
    const { invites, store, config, clock } = this.parts;
    const id = await sessionIdOf(request.sessionKey);
    const { role, name } = request;
    const { place, onlyIfNew } = await this.#admit(id, request);
    const [pass, reputation, partners] = await Promise.all([
      invites.pass(place, role, id),
      store.reputation(id),
      store.partners(id),
    ]);

    const known = this.#rooms.session(id);
    const resumed =
      known?.role === role && known.place.name === place.name && known.place.inviteOnly === place.inviteOnly;
    if (!resumed) {
      // Somebody else may have made the room since this page was let into a new one.
      if (onlyIfNew && this.#rooms.has(place)) throw invitedMembersOnly();
      // Before it departs: a page that finds no space elsewhere stays where it is.
      this.#rooms.checkSpace(place, known);
    }
    if (known && !resumed) {
      known.dismiss();
      this.#depart(known, 'left');
    }
    const member = known && resumed ? known : this.#rooms.add({ id, role, name }, place);
    member.attach(connection);
    this.#endGrace(member);
    Object.assign(member, { name, reputation, partners });
    if (role === 'volunteer' && request.status) member.status = request.status;
    this.parts.log.debug({ member: id, role, resumed }, 'joined');
    const { name: room, inviteOnly } = place;
    const iceServers = iceServersFor(id, config, clock.epochMs());
    return { member, joined: { id, room, inviteOnly, pass, iceServers, resumed } };
  }

  /** Tells a member that it joined, whom it knows, and finds it others. */
  welcome({ member, joined }: Arrival): void {
    for (const peer of member.peers.values()) introduce(member, peer);
    this.#matchIn(member.place);
    member.greet(joined);
  }

  /** @throws MeshError `not-invited` between members that were not introduced, `queue-full` */
  signal(from: Member, { to, attempt, signal }: SignalRequest): void {
    const peer = from.peers.get(to);
    if (!peer) throw notInvited('You are not introduced to this member, or it has left. Wait for an introduction.');
    peer.signal({ from: from.id, attempt, signal });
  }

  /** @throws MeshError `malformed` from a gamer */
  setStatus(volunteer: Member, status: VolunteerStatus): void {
    if (volunteer.role !== 'volunteer') throw MeshError.malformed('Only a volunteer has a status.');
    const before = volunteer.status;
    volunteer.status = status;
    // Load changes the order of the next introductions; only these two change who may be introduced.
    const mayMatch = before.accepting !== status.accepting || before.maxGamers < status.maxGamers;
    if (mayMatch) this.#matchIn(volunteer.place);
  }

  /** @throws MeshError `malformed` from a volunteer, `not-invited` about a stranger */
  async report(gamer: Member, report: VolunteerReport): Promise<void> {
    if (gamer.role !== 'gamer') throw MeshError.malformed('Only a gamer reports on volunteers.');
    const volunteer = gamer.peers.get(report.volunteerId);
    if (!volunteer) throw notInvited('You are not introduced to this volunteer, or it has left.');
    const { store } = this.parts;
    await store.record(gamer.id, report);
    volunteer.reputation = await store.reputation(volunteer.id);
    gamer.partners = await store.partners(gamer.id);
  }

  /** @throws MeshError `not-invited` from a volunteer */
  async invite(gamer: Member, request: InviteRequest): Promise<{ token: string }> {
    if (gamer.role !== 'gamer') throw notInvited('Only a gamer can invite others into a room.');
    return { token: await this.parts.invites.invite(gamer.place, request) };
  }

  leave(member: Member): void {
    if (this.#isPresent(member)) this.#depart(member, 'left');
  }

  /** A socket is gone; its session waits for another one. */
  lost(member: Member, connection: Connection): void {
    if (!member.detach(connection) || !this.#isPresent(member)) return;
    const expire = () => this.#depart(member, 'expired');
    this.#graces.set(member, this.parts.clock.after(SIGNALING.resumeGraceMs, expire));
  }

  close(): void {
    for (const cancel of this.#graces.values()) cancel();
    this.#graces.clear();
  }

  /** The place this session may enter. */
  async #admit(id: string, { role, room, invite, inviteOnly = false }: JoinRequest): Promise<Admission> {
    const known = this.#rooms.session(id);
    if (known?.role === role && (room === undefined || room === known.place.name)) {
      return { place: known.place, onlyIfNew: false };
    }
    if (invite !== undefined) return { place: await this.#redeem(invite, id, { role, room }), onlyIfNew: false };
    if (room === undefined) return { place: { name: privateName(), inviteOnly }, onlyIfNew: false };
    const place = { name: room, inviteOnly };
    if (!inviteOnly && this.#rooms.has(place)) return { place, onlyIfNew: false };
    if (this.#rooms.has({ name: room, inviteOnly: true })) throw invitedMembersOnly();
    return { place, onlyIfNew: inviteOnly };
  }

  async #redeem(token: string, sessionId: string, wanted: Pick<JoinRequest, 'role' | 'room'>): Promise<Place> {
    const { place, counted } = await this.parts.invites.verify(token, { sessionId, ...wanted });
    // Before the use is counted: an invite is not spent on a room that is full.
    this.#rooms.checkSpace(place, this.#rooms.session(sessionId));
    if (counted && !(await this.parts.store.useInvite(counted, sessionId))) {
      throw notInvited('This invite has been used up. Ask for a new one.');
    }
    return place;
  }

  #matchIn(place: Place): void {
    const online = [...this.#rooms.members(place)].filter(({ online }) => online);
    const gamers = online.filter(({ role }) => role === 'gamer');
    const volunteers = online.filter(({ role }) => role === 'volunteer');
    for (const { gamer, volunteer } of match(gamers, volunteers, this.parts.config.maxIntroductions)) {
      gamer.peers.set(volunteer.id, volunteer);
      volunteer.peers.set(gamer.id, gamer);
      introduce(gamer, volunteer);
      this.parts.onMatch();
    }
  }

  #depart(member: Member, why: 'left' | 'expired'): void {
    this.#endGrace(member);
    this.#rooms.remove(member);
    for (const peer of member.peers.values()) peer.part({ peerId: member.id, why });
    member.peers.clear();
    this.parts.log.debug({ member: member.id, why }, 'gone');
    this.#matchIn(member.place);
  }

  #endGrace(member: Member): void {
    this.#graces.get(member)?.();
    this.#graces.delete(member);
  }

  #isPresent(member: Member): boolean {
    return this.#rooms.session(member.id) === member;
  }
}

function invitedMembersOnly(): MeshError {
  return notInvited('This room lets in invited members only. Ask one of them for a link.');
}

/** Tells both sides of a pair about each other, whichever of them asked. */
function introduce(one: Member, other: Member): void {
  const [gamer, volunteer] = one.role === 'gamer' ? [one, other] : [other, one];
  const score = scoreFor(gamer, volunteer);
  gamer.introduce(volunteer, score);
  volunteer.introduce(gamer, score);
}
