import type { Logger } from 'pino';
import { MeshError } from '../../shared/errors.ts';
import { SIGNALING } from '../../shared/protocol-limits.ts';
import type {
  EventPayload,
  IceGrant,
  InviteRequest,
  Joined,
  JoinRequest,
  SignalRequest,
  VolunteerStatus,
} from '../../shared/signaling.ts';
import { claimIdentity, sessionIdSync } from '../access/identity.ts';
import { type Invites, notInvited } from '../access/invites.ts';
import type { LockOut } from '../access/lock-out.ts';
import { isSameRoom, roomKey } from '../access/room-address.ts';
import type { RelayAccess } from '../access/turn.ts';
import type { ServerClock } from '../clock.ts';
import type { Store } from '../store/store.ts';
import { Admission, type AdmissionConfig, type Admitted, invitedMembersOnly, noLobby } from './admission.ts';
import type { Connection } from './connection.ts';
import { Introductions, introduce } from './introductions.ts';
import type { Member, MemberObserver, MemberRecord } from './member.ts';
import { OwnerActions } from './owner-actions.ts';
import { ReputationTracker } from './reputation.ts';
import { type Counts, Rooms } from './rooms.ts';
import type { WaitingEvent, WaitingLimits } from './waiting-events.ts';

interface Parts {
  config: AdmissionConfig & { roomCapacity: number; maxSessions: number; maxIntroductions: number };
  invites: Invites;
  store: Store;
  clock: ServerClock;
  log: Logger;
  lockOut: LockOut;
  relay: RelayAccess;
  /** Called when a gamer and a volunteer are newly introduced. */
  onMatch(): void;
  /** Present where several instances share the work. */
  observer?: MemberObserver | undefined;
  /** Default: WAITING_LIMITS. */
  waitingLimits?: WaitingLimits | undefined;
}

/** A member that joined over its newest socket, and the answer it is yet to be sent. */
interface Arrival {
  member: Member;
  joined: Omit<Joined, 'introductions' | keyof IceGrant>;
}

/** Decides the outcome of every event. It knows members and their connections but nothing of sockets. */
export class Coordinator {
  readonly #rooms: Rooms;
  readonly #introductions: Introductions;
  readonly #admission: Admission;
  /** Cancels the expiry of members whose socket is away. */
  readonly #graces = new Map<Member, () => void>();

  readonly owner: OwnerActions;
  readonly reputation: ReputationTracker;

  constructor(private readonly parts: Parts) {
    const { config, invites, store, clock, log, lockOut, observer } = parts;
    const rooms = new Rooms(config, observer, parts.waitingLimits);
    const introductions = new Introductions(rooms, {
      maxIntroductions: config.maxIntroductions,
      onMatch: () => parts.onMatch(),
      grantFor: this.#grantFor,
    });
    this.#rooms = rooms;
    this.#introductions = introductions;
    this.#admission = new Admission({ config, rooms, invites, lockOut });
    this.owner = new OwnerActions({
      ...{ rooms, introductions, invites, store, clock, log },
      removeMember: (member) => this.#remove(member, 'removed'),
    });
    this.reputation = new ReputationTracker({ rooms, introductions, owner: this.owner, store, log });
  }

  counts(): Counts {
    return this.#rooms.counts();
  }

  /** Whether the member is still in its room. */
  has(member: Member): boolean {
    return this.#rooms.isPresent(member);
  }

  /**
   * Continues with the members that another instance left.
   * @param connections by member id, of those whose socket still exists; the others have a grace period to come back in
   * @param waiting by member id, what waits for the others
   */
  async restore(
    records: readonly MemberRecord[],
    connections: ReadonlyMap<string, Connection>,
    waiting: ReadonlyMap<string, readonly WaitingEvent[]>,
  ): Promise<Member[]> {
    const members = records.map((record) => {
      const member = this.#rooms.add(record, record.room);
      member.restore(record, connections.get(record.id) ?? null, waiting.get(record.id) ?? []);
      this.#rooms.markRemoved(record.room, record.removed);
      return member;
    });
    for (const { id, peers } of records) {
      for (const peerId of peers) {
        const peer = this.#rooms.session(peerId);
        if (peer) this.#rooms.session(id)?.peers.set(peerId, peer);
      }
    }
    const rooms = new Map(members.map(({ room }) => [roomKey(room), room]));
    await Promise.all([...rooms.values()].map((room) => this.reputation.loadAccused(room)));
    for (const member of members) {
      if (member.isSeeking) this.#introductions.seek(member, true);
      if (!member.online) this.#beginGrace(member);
    }
    for (const member of members) this.#introductions.update(member);
    return members;
  }

  /**
   * Admits a page to a room, or back into its session. The caller passes the result to {@link welcome} if the page is still there.
   * @throws MeshError `not-invited`, `room-full`, `rate-limited`
   */
  async join(request: JoinRequest, connection: Connection): Promise<Arrival> {
    const { invites, store, config } = this.parts;
    const id = sessionIdSync(request.sessionKey);
    const { role } = request;
    const admitted = await this.#admission.admit(id, request, connection.address);
    const { room, isOwner, invite } = admitted;
    const [isRemoved, pass, reputation, partners, accused] = await Promise.all([
      this.owner.isRemoved(room, id),
      // Open rooms need no pass.
      room.inviteOnly ? invites.pass(room, { role, sessionId: id, isOwner, invite }) : undefined,
      store.reputation(this.#rooms.session(id)?.historyId ?? id),
      store.partners(id),
      store.accused(roomKey(room)),
    ]);
    if (isRemoved) throw MeshError.removedFromRoom();

    const { member, resumed } = this.#enter(id, request, admitted);
    member.attach(connection);
    this.#endGrace(member);
    Object.assign(member, { name: request.name, reputation, partners, accused, isOwner, invite });
    if (role === 'volunteer') {
      if (request.status) member.status = request.status;
      const { publicKey } = request;
      member.claim = publicKey === undefined ? null : claimIdentity(publicKey, id, connection.host);
    } else {
      member.needs = request.needs ?? [];
      this.#seek(member, config.lobby && request.lobby === true);
    }
    this.parts.log.debug({ member: id, role, resumed }, 'joined');
    return {
      member,
      joined: {
        ...{ id, room: room.name, inviteOnly: room.inviteOnly },
        ...(pass !== undefined && { pass }),
        ...(this.parts.relay.isThere && { relay: true }),
        ...{ resumed, lobby: config.lobby, owner: isOwner, challenge: member.claim?.challenge ?? null },
      },
    };
  }

  /**
   * Renews TURN credentials, or lends some for a test of the connection.
   * @throws MeshError `rate-limited` when the address has tested too often
   */
  async renewIce({ id, peers }: Member, address: string): Promise<IceGrant> {
    const { relay } = this.parts;
    return peers.size > 0 ? relay.grant(id) : relay.testGrant(id, address);
  }

  /** Answers a join, introduces the member to its present peers again, and finds it new ones. */
  welcome({ member, joined }: Arrival): void {
    for (const peer of member.peers.values()) introduce(member, peer, this.#grantFor);
    this.#introductions.update(member);
    const { relay } = this.parts;
    member.greet({ ...joined, ...(member.peers.size > 0 ? relay.grant(member.id) : relay.open) });
  }

  /** @throws MeshError `not-invited` between members that were not introduced, `queue-full` */
  signal(from: Member, { to, attempt, signal }: SignalRequest): void {
    const peer = from.peers.get(to);
    if (!peer) throw notInvited('You are not introduced to this member, or it has left. Wait for an introduction.');
    peer.signal({ from: from.id, attempt, signal }, from.address);
  }

  setStatus(volunteer: Member, status: VolunteerStatus): void {
    const before = volunteer.status;
    volunteer.status = status;
    volunteer.changed();
    this.#introductions.statusChanged(volunteer, before);
  }

  /** @throws MeshError `not-invited` when this server has no lobby */
  setLobby(gamer: Member, { open }: EventPayload<'lobby'>): void {
    if (open && !this.parts.config.lobby) throw noLobby();
    this.#seek(gamer, open);
    this.#introductions.update(gamer);
  }

  /** @throws MeshError `not-invited` when a guest would make others owners */
  async invite(gamer: Member, request: InviteRequest): Promise<{ token: string }> {
    if (request.owner && !gamer.isOwner) throw notInvited('Only the owner of this room can make others its owners.');
    return { token: await this.parts.invites.invite(gamer.room, request) };
  }

  leave(member: Member): void {
    if (this.has(member)) this.#remove(member, 'left');
  }

  /** To be called when a socket is gone: its session waits for another one. */
  lost(member: Member, connection: Connection): void {
    if (!member.detach(connection) || !this.has(member)) return;
    this.#introductions.away(member);
    this.#beginGrace(member);
  }

  close(): void {
    for (const cancel of this.#graces.values()) cancel();
    this.#graces.clear();
  }

  /**
   * Resumes the session, or moves it to the room.
   * @throws MeshError `room-full`, `not-invited`
   */
  #enter(id: string, { role, name }: JoinRequest, { room, onlyIfNew }: Admitted): { member: Member; resumed: boolean } {
    const known = this.#rooms.session(id);
    if (known?.role === role && isSameRoom(known.room, room)) return { member: known, resumed: true };
    // Another page may have made the room since this one was admitted.
    if (onlyIfNew && this.#rooms.has(room)) throw invitedMembersOnly();
    // Before it leaves its old room: a page that finds the new one full stays where it is.
    this.#rooms.checkSpace(room, known);
    if (known) {
      known.dismiss();
      this.#remove(known, 'left');
    }
    return { member: this.#rooms.add({ id, role, name }, room), resumed: false };
  }

  readonly #grantFor = ({ id }: Member): IceGrant | undefined => {
    const { relay } = this.parts;
    return relay.isThere ? relay.grant(id) : undefined;
  };

  #remove(member: Member, why: 'left' | 'expired' | 'removed'): void {
    this.#endGrace(member);
    this.#rooms.remove(member);
    const formerPeers = [...member.peers.values()];
    for (const peer of formerPeers) peer.removePeer({ peerId: member.id, why });
    member.peers.clear();
    this.parts.log.debug({ member: member.id, why }, 'gone');
    this.#introductions.left(member, formerPeers);
  }

  #seek(gamer: Member, isSeeking: boolean): void {
    gamer.isSeeking = isSeeking;
    gamer.changed();
    this.#introductions.seek(gamer, isSeeking);
  }

  #beginGrace(member: Member): void {
    const expire = () => this.#remove(member, 'expired');
    this.#graces.set(member, this.parts.clock.after(SIGNALING.resumeGraceMs, expire));
  }

  #endGrace(member: Member): void {
    this.#graces.get(member)?.();
    this.#graces.delete(member);
  }
}
