import type { Logger } from 'pino';
import { MeshError } from '../../shared/errors.ts';
import { SIGNALING } from '../../shared/protocol-limits.ts';
import type {
  Accusation,
  IceGrant,
  InviteRequest,
  Joined,
  JoinRequest,
  LobbyRequest,
  Proof,
  SignalRequest,
  VolunteerReport,
  VolunteerStatus,
} from '../../shared/signaling.ts';
import { Bans } from '../access/bans.ts';
import { type Invites, notInvited, WrongInvite } from '../access/invites.ts';
import type { LockOut } from '../access/lock-out.ts';
import { type Claim, newChallenge, provenIdentity } from '../access/proof.ts';
import { type IceConfig, iceGrantFor } from '../access/turn.ts';
import type { ServerClock } from '../boot/clock.ts';
import type { Config } from '../boot/settings.ts';
import { RateLimit } from '../sockets/rate-limit.ts';
import { sessionIdNow } from '../sockets/session-id.ts';
import type { Store } from '../store/store.ts';
import { COORDINATOR } from '../tuning.ts';
import { Introductions, introduce } from './introductions.ts';
import type { Connection, Member, Mirror } from './member.ts';
import type { MemberRecord } from './member-record.ts';
import { OwnerActs } from './owner-actions.ts';
import { LOBBY, type Place, placeKey, privateName } from './place.ts';
import { type Counts, Rooms } from './rooms.ts';

interface Parts {
  config: Pick<Config, 'roomCapacity' | 'maxSessions' | 'maxIntroductions' | 'lobby' | 'invites'> & IceConfig;
  invites: Invites;
  store: Store;
  clock: ServerClock;
  log: Logger;
  lockOut: LockOut;
  /** A gamer and a volunteer were introduced who did not know each other. */
  onMatch(): void;
  /** Where several instances share the work. */
  mirror?: Mirror | undefined;
}

/** Where a session may go; `onlyIfNew`: uninvited, so only as the one who makes the room. */
interface Admission extends Pick<Member, 'isOwner' | 'invite'> {
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
  readonly #introductions: Introductions;
  /** Cancels the end of the resume grace of members whose socket is away. */
  readonly #graces = new Map<Member, () => void>();

  readonly #accusations: RateLimit;
  readonly #bans: Bans;
  /** What owners of rooms may do. */
  readonly owner: OwnerActs;

  constructor(private readonly parts: Parts) {
    this.#rooms = new Rooms(parts.config, parts.mirror);
    this.#introductions = new Introductions(this.#rooms, {
      maxIntroductions: parts.config.maxIntroductions,
      onMatch: () => parts.onMatch(),
    });
    this.#accusations = new RateLimit(COORDINATOR.accusations);
    this.#bans = new Bans(parts.store, parts.clock);
    const { invites, clock, log } = parts;
    this.owner = new OwnerActs({
      ...{ rooms: this.#rooms, introductions: this.#introductions, bans: this.#bans, invites, clock, log },
      depart: (member) => this.#depart(member, 'removed'),
    });
  }

  counts(): Counts {
    return this.#rooms.counts();
  }

  /**
   * Goes on with the members that another instance left.
   * @param connections of those whose sockets are still there, by id; the others have a grace to come back in.
   */
  async restore(records: readonly MemberRecord[], connections: ReadonlyMap<string, Connection>): Promise<Member[]> {
    const members = records.map((record) => {
      const member = this.#rooms.add(record, record.place);
      member.restore(record, connections.get(record.id) ?? null);
      this.#rooms.bar(record.place, record.removed);
      return member;
    });
    for (const { id, peers } of records) {
      for (const peerId of peers) {
        const peer = this.#rooms.session(peerId);
        if (peer) this.#rooms.session(id)?.peers.set(peerId, peer);
      }
    }
    const places = new Map(members.map(({ place }) => [placeKey(place), place]));
    await Promise.all([...places].map(([key, place]) => this.#readAccused(key, place)));
    for (const member of members) {
      if (member.isSeeking) this.#introductions.seek(member, true);
      if (!member.online) this.#beginGrace(member);
    }
    for (const member of members) this.#introductions.arrange(member);
    return members;
  }

  /** Is it in a room here? One that has left may yet be held by whoever waited for something. */
  has(member: Member): boolean {
    return this.#rooms.session(member.id) === member;
  }

  /**
   * Lets a page in, or back into its session. Call {@link welcome} with what it returns while the page is still there.
   * @throws MeshError `not-invited`, `room-full`
   */
  async join(request: JoinRequest, connection: Connection): Promise<Arrival> {
    const { invites, store, config } = this.parts;
    const id = sessionIdNow(request.sessionKey);
    const { role, name } = request;
    const { place, onlyIfNew, isOwner, invite } = await this.#admit(id, request, connection);
    const [isRemoved, pass, reputation, partners, accused] = await Promise.all([
      this.owner.isRemoved(place, id),
      // Into an open room nobody needs one.
      place.inviteOnly ? invites.pass(place, { role, sessionId: id, isOwner, invite }) : undefined,
      store.reputation(this.#rooms.session(id)?.historyId ?? id),
      store.partners(id),
      store.accused(placeKey(place)),
    ]);

    if (isRemoved) throw MeshError.removedFromRoom();

    const known = this.#rooms.session(id);
    const resumed = known?.role === role && placeKey(known.place) === placeKey(place);
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
    Object.assign(member, { name, reputation, partners, accused, isOwner, invite });
    if (role === 'volunteer') {
      if (request.status) member.status = request.status;
      member.claim = claimOf(request, id, connection.host);
    } else {
      member.needs = request.needs ?? [];
      this.#seek(member, config.lobby && request.lobby === true);
    }
    this.parts.log.debug({ member: id, role, resumed }, 'joined');
    const { name: room, inviteOnly } = place;
    const challenge = member.claim?.challenge ?? null;
    const { lobby } = config;
    const terms = { ...this.iceFor(member), resumed, lobby, challenge, owner: isOwner };
    return { member, joined: { id, room, inviteOnly, ...(pass !== undefined && { pass }), ...terms } };
  }

  /** TURN credentials that hold from now on. */
  iceFor({ id }: Member): IceGrant {
    return iceGrantFor(id, this.parts.config, this.parts.clock.epochMs());
  }

  /** Tells a member that it joined, whom it knows, and finds it others. */
  welcome({ member, joined }: Arrival): void {
    for (const peer of member.peers.values()) introduce(member, peer);
    this.#introductions.arrange(member);
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
    volunteer.changed();
    this.#introductions.statusChanged(volunteer, before);
  }

  /** @throws MeshError `malformed` from a volunteer, `not-invited` about a stranger */
  async report(gamer: Member, report: VolunteerReport): Promise<void> {
    if (gamer.role !== 'gamer') throw MeshError.malformed('Only a gamer reports on volunteers.');
    const volunteer = gamer.peers.get(report.volunteerId);
    if (!volunteer) throw notInvited('You are not introduced to this volunteer, or it has left.');
    const { store } = this.parts;
    const { historyId } = volunteer;
    await store.record(gamer.id, historyId, report);
    volunteer.reputation = await store.reputation(historyId);
    this.#introductions.rated(volunteer);
    gamer.partners = await store.partners(gamer.id);
    for (const member of [gamer, volunteer]) member.changed();
  }

  /**
   * Ranks a volunteer last for the gamers of this gamer's room, and keeps it from this gamer.
   * @throws MeshError `malformed` from a volunteer, `not-invited` about a stranger, `rate-limited`
   */
  async accuse(gamer: Member, { volunteerId, taskType, why }: Accusation): Promise<void> {
    if (gamer.role !== 'gamer') throw MeshError.malformed('Only a gamer reports on volunteers.');
    // It may have left when it was found out.
    const historyId = gamer.historyOf(volunteerId);
    if (historyId === undefined) throw notInvited('You were never introduced to this volunteer.');
    if (!(await this.#accusations.take(gamer.id))) {
      throw new MeshError('rate-limited', 'You reported many volunteers. Wait ten minutes before you report another.');
    }
    const { store, log } = this.parts;
    const key = placeKey(gamer.place);
    await store.accuse(key, gamer.id, historyId);
    log.info({ gamer: gamer.id, volunteer: historyId, taskType, why }, 'a volunteer was reported');
    await this.#readAccused(key, gamer.place);
    // It takes none of the gamer's places any more.
    this.#introductions.arrange(gamer);
  }

  /**
   * Gives a volunteer the history of the key that it signed the challenge of its join with.
   * @throws MeshError `malformed` where there is no challenge, `verify-failed`
   */
  async prove(volunteer: Member, { signature }: Proof): Promise<void> {
    const { claim } = volunteer;
    if (!claim) throw MeshError.malformed('There is no challenge to answer.');
    try {
      const identity = await provenIdentity(claim, signature);
      if (await this.owner.isRemoved(volunteer.place, identity)) {
        if (this.has(volunteer)) this.owner.expel(volunteer);
        throw MeshError.removedFromRoom();
      }
      volunteer.reputation = await this.parts.store.reputation(identity);
      volunteer.identity = identity;
    } finally {
      volunteer.changed();
      // A newer join has a challenge of its own.
      if (volunteer.claim === claim) volunteer.claim = null;
      this.#introductions.arrange(volunteer);
    }
  }

  /** @throws MeshError `malformed` from a volunteer, `not-invited` where there is no lobby */
  setLobby(gamer: Member, { open }: LobbyRequest): void {
    if (gamer.role !== 'gamer') throw MeshError.malformed('Only a gamer asks the lobby for help.');
    if (open && !this.parts.config.lobby) throw noLobby();
    this.#seek(gamer, open);
    this.#introductions.arrange(gamer);
  }

  /** @throws MeshError `not-invited` from a volunteer, and from a guest who would make others owners */
  async invite(gamer: Member, request: InviteRequest): Promise<{ token: string }> {
    if (gamer.role !== 'gamer') throw notInvited('Only a gamer can invite others into a room.');
    if (request.owner && !gamer.isOwner) throw notInvited('Only the owner of this room can make others its owners.');
    return { token: await this.parts.invites.invite(gamer.place, request) };
  }

  leave(member: Member): void {
    if (this.has(member)) this.#depart(member, 'left');
  }

  /** A socket is gone; its session waits for another one. */
  lost(member: Member, connection: Connection): void {
    if (!member.detach(connection) || !this.has(member)) return;
    this.#introductions.away(member);
    this.#beginGrace(member);
  }

  close(): void {
    for (const cancel of this.#graces.values()) cancel();
    this.#graces.clear();
  }

  /** The place this session may enter. */
  async #admit(id: string, request: JoinRequest, { address }: Connection): Promise<Admission> {
    const { role, room, invite, lobby = false } = request;
    const { config } = this.parts;
    const uninvited = { onlyIfNew: false, isOwner: false, invite: null };
    if (role === 'volunteer' && lobby) {
      if (!config.lobby) throw noLobby();
      return { ...uninvited, place: LOBBY };
    }
    const known = this.#rooms.session(id);
    if (known?.role === role && (room === undefined || room === known.place.name)) {
      return { place: known.place, onlyIfNew: false, isOwner: known.isOwner, invite: known.invite };
    }
    if (invite !== undefined) return { ...(await this.#redeem(invite, id, request, address)), onlyIfNew: false };
    const isRequired = config.invites === 'required';
    if (isRequired && role === 'volunteer') throw invitedMembersOnly();
    const inviteOnly = isRequired || request.inviteOnly === true;
    // Whoever makes a room owns it. A volunteer may make one, and waits in it.
    const isOwner = role === 'gamer';
    if (room === undefined) return { ...uninvited, place: { name: privateName(), inviteOnly }, isOwner };
    const place = { name: room, inviteOnly };
    if (!inviteOnly && this.#rooms.has(place)) return { ...uninvited, place };
    if (this.#rooms.has({ name: room, inviteOnly: true })) throw invitedMembersOnly();
    return { ...uninvited, place, onlyIfNew: inviteOnly, isOwner };
  }

  async #redeem(
    token: string,
    sessionId: string,
    { role, room }: Pick<JoinRequest, 'role' | 'room'>,
    address: string,
  ): Promise<Pick<Admission, 'place' | 'isOwner' | 'invite'>> {
    const { invites, lockOut } = this.parts;
    await lockOut.check(address);
    const { place, counted, isOwner, invite, isPass } = await invites
      .verify(token, { sessionId, role, room })
      .catch(async (cause: unknown) => {
        if (cause instanceof WrongInvite) await lockOut.count(address);
        throw cause;
      });
    if (invite && !isPass && (await this.#bans.isTakenBack(invite))) {
      throw notInvited('The owner of this room has taken this invite back. Ask for a new one.');
    }
    // Before the use is counted: an invite is not spent on a room that is full.
    this.#rooms.checkSpace(place, this.#rooms.session(sessionId));
    if (counted && !(await this.parts.store.useInvite(counted, sessionId))) {
      throw notInvited('This invite has been used up. Ask for a new one.');
    }
    return { place, isOwner, invite };
  }

  #depart(member: Member, why: 'left' | 'expired' | 'removed'): void {
    this.#endGrace(member);
    this.#rooms.remove(member);
    const knew = [...member.peers.values()];
    for (const peer of knew) peer.part({ peerId: member.id, why });
    member.peers.clear();
    this.parts.log.debug({ member: member.id, why }, 'gone');
    this.#introductions.gone(member, knew);
  }

  #seek(gamer: Member, isSeeking: boolean): void {
    gamer.isSeeking = isSeeking;
    gamer.changed();
    this.#introductions.seek(gamer, isSeeking);
  }

  #beginGrace(member: Member): void {
    const expire = () => this.#depart(member, 'expired');
    this.#graces.set(member, this.parts.clock.after(SIGNALING.resumeGraceMs, expire));
  }

  #endGrace(member: Member): void {
    this.#graces.get(member)?.();
    this.#graces.delete(member);
  }

  async #readAccused(key: string, place: Place): Promise<void> {
    const accused = await this.parts.store.accused(key);
    for (const member of this.#rooms.members(place)) member.accused = accused;
  }
}

function invitedMembersOnly(): MeshError {
  return notInvited('This room lets in invited members only. Ask one of them for a link.');
}

function noLobby(): MeshError {
  return notInvited('This server has no open lobby. Ask a gamer for an invite link.');
}

/** The challenge of this join is what a proof must be about: an earlier one, or another server's, proves nothing. */
function claimOf({ publicKey }: JoinRequest, sessionId: string, host: string): Claim | null {
  return publicKey === undefined ? null : { publicKey, sessionId, host, challenge: newChallenge() };
}
