import type { Logger } from 'pino';
import { MeshError } from '../../shared/errors.ts';
import {
  type EventPayload,
  FIRST_ATTEMPT,
  type IceGrant,
  type InviteRequest,
  type Joined,
  type JoinRequest,
  type SignalRequest,
  type VolunteerStatus,
} from '../../shared/signaling.ts';
import { claimIdentity, sessionIdSync } from '../access/identity.ts';
import type { InviteCodes } from '../access/invite-codes.ts';
import { endedPass, type Invites, notInvited, type Rights, revokedInvite } from '../access/invites.ts';
import type { LockOut } from '../access/lock-out.ts';
import { roomKey } from '../access/room-address.ts';
import type { RelayAccess } from '../access/turn.ts';
import type { ServerClock } from '../clock.ts';
import type { Store } from '../store/store.ts';
import { Admission, type AdmissionConfig, noLobby } from './admission.ts';
import type { Connection } from './connection.ts';
import { Introductions, introduce } from './introductions.ts';
import type { Member, MemberObserver, MemberRecord } from './member.ts';
import { OwnerActions } from './owner-actions.ts';
import { PairRateLimiter } from './pair-rate-limiter.ts';
import { ReputationTracker } from './reputation.ts';
import { type Counts, Rooms } from './rooms.ts';
import { Sessions } from './sessions.ts';
import type { WaitingEvent, WaitingLimits } from './waiting-events.ts';

/**
 * Offers of one member to one peer; LIMIT_FACTOR multiplies the burst. A link that fails is tried seven times in 16 s, and each offer
 * costs the other side a connection of its own.
 */
export const OFFERS_TO_ONE_PEER = { burst: 8, perS: 0.5, maxPairs: 50_000 } as const;

interface Parts {
  config: AdmissionConfig & {
    roomCapacity: number;
    maxSessions: number;
    maxIntroductions: number;
    limitFactor: number;
  };
  invites: Invites;
  codes: Pick<InviteCodes, 'make' | 'end'>;
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
  joined: Omit<Joined, 'introductions' | 'offered' | keyof IceGrant>;
  /** See {@link JoinRequest.offer}. */
  offer: string | undefined;
}

/** Decides the outcome of every event. It knows members and their connections but nothing of sockets. */
export class Coordinator {
  readonly #rooms: Rooms;
  readonly #introductions: Introductions;
  readonly #admission: Admission;
  /** Null when limits are switched off. */
  readonly #offers: PairRateLimiter | null;

  readonly sessions: Sessions;
  readonly owner: OwnerActions;
  readonly reputation: ReputationTracker;

  constructor(private readonly parts: Parts) {
    const { config, invites, codes, store, clock, log, lockOut, observer } = parts;
    const rooms = new Rooms(config, observer, parts.waitingLimits);
    const introductions = new Introductions(rooms, {
      maxIntroductions: config.maxIntroductions,
      onMatch: () => parts.onMatch(),
      grantFor: this.#grantFor,
    });
    this.#rooms = rooms;
    this.#introductions = introductions;
    this.sessions = new Sessions({ rooms, introductions, clock, log });
    this.#admission = new Admission({ config, rooms, invites, lockOut });
    const offers = { ...OFFERS_TO_ONE_PEER, burst: OFFERS_TO_ONE_PEER.burst * config.limitFactor };
    this.#offers = config.limitFactor === 0 ? null : new PairRateLimiter(offers, clock);
    this.owner = new OwnerActions({
      ...{ rooms, introductions, invites, codes, store, clock, log },
      removeMember: (member) => this.sessions.remove(member, 'removed'),
    });
    this.reputation = new ReputationTracker({ rooms, introductions, owner: this.owner, store, clock, log });
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
      if (!member.online) this.sessions.beginGrace(member);
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
    const admitted = await this.#admission.admit(id, request, connection.networks);
    const { room, onlyIfNew: _, by, ...rights } = admitted;
    const [network = ''] = connection.networks;
    const [isRemoved, wasPassEnded, pass, reputation, partners, accused] = await Promise.all([
      this.owner.isRemoved(room, id),
      by === 'pass' && invites.arePassesEnded(rights.lineage, network),
      // Open rooms need no pass.
      room.inviteOnly ? invites.pass(room, { role, sessionId: id, ...rights }) : undefined,
      store.reputation(this.#rooms.session(id)?.historyId ?? id),
      store.partners(id),
      store.accused(roomKey(room)),
    ]);
    // The owner may have removed the member, or revoked its invite, while the store was asked.
    if (isRemoved || this.#rooms.removedFrom(room).has(id)) throw MeshError.removedFromRoom();
    if (by === 'invite' && this.#admission.isRevoked(room, rights.lineage)) throw revokedInvite();
    if (wasPassEnded || (by === 'pass' && this.#admission.arePassesEnded(room, rights.lineage, network)))
      throw endedPass();

    // Over another socket the same page has made this room, or returned to it, meanwhile.
    if (this.sessions.isInNamesake(id, request, room)) return this.join(request, connection);

    const { member, resumed } = this.sessions.enter(id, request, admitted, connection);
    // Another page may have made an open room of this name meanwhile: rights are those in one room, not in its namesake.
    const hasRights = member.room.id === room.id;
    Object.assign(member, { name: request.name, reputation, partners, accused, ...(hasRights ? rights : NO_RIGHTS) });
    if (role === 'volunteer') {
      if (request.status) member.status = request.status;
      const { publicKey } = request;
      member.claim = publicKey === undefined ? null : claimIdentity(publicKey, id, connection.host);
    } else {
      member.needs = request.needs ?? [];
      member.worksAlone = request.worksAlone === true;
      this.#seek(member, config.lobby && request.lobby === true && !member.worksAlone);
    }
    this.parts.log.debug({ member: id, role, resumed }, 'joined');
    return {
      member,
      offer: request.offer,
      joined: {
        ...{ id, room: room.name, inviteOnly: room.inviteOnly },
        ...(pass !== undefined && { pass }),
        ...(this.parts.relay.isThere && { relay: true }),
        ...{ owner: member.isOwner, mayInvite: mayInvite(member) },
        ...{ resumed, lobby: config.lobby, challenge: member.claim?.challenge ?? null },
      },
    };
  }

  /**
   * Renews TURN credentials, or lends some for a test of the connection.
   * @throws MeshError `rate-limited` when the address has tested too often
   */
  async renewIce(member: Member): Promise<IceGrant> {
    const { relay } = this.parts;
    return member.peers.size > 0 ? relay.grant(member) : relay.testGrant(member);
  }

  /** Answers a join, introduces the member to its present peers again, and finds it new ones. */
  welcome({ member, joined, offer }: Arrival): void {
    for (const peer of member.peers.values()) introduce(member, peer, this.#grantFor);
    this.#introductions.update(member);
    const { relay } = this.parts;
    const offered = offer === undefined ? undefined : this.#offerToFirst(member, offer);
    member.greet({
      ...joined,
      ...(member.peers.size > 0 ? relay.grant(member) : relay.open),
      ...(offered !== undefined && { offered }),
    });
  }

  /** @returns the volunteer that has the offer now; undefined when there is none for it */
  #offerToFirst(gamer: Member, sdp: string): string | undefined {
    const to = gamer.firstIntroduced;
    if (to === undefined || gamer.role !== 'gamer') return undefined;
    try {
      this.signal(gamer, { to, attempt: FIRST_ATTEMPT, signal: { type: 'offer', sdp } });
      return to;
    } catch (cause) {
      // The page makes its offer itself, and is told why it is refused then.
      if (cause instanceof MeshError) return undefined;
      throw cause;
    }
  }

  /** @throws MeshError `not-invited` between members that were not introduced, `queue-full`, `rate-limited` */
  signal(from: Member, { to, attempt, signal }: SignalRequest): void {
    const peer = from.peers.get(to);
    if (!peer) throw notInvited('You are not introduced to this member, or it has left. Wait for an introduction.');
    if (signal.type === 'offer' && this.#offers?.take(from.id, to, 1) === 0) {
      throw new MeshError('rate-limited', 'You tried to connect to this member many times. Wait a few seconds.');
    }
    peer.signal({ from: from.id, attempt, signal }, from.network);
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

  /** @throws MeshError `not-invited` when a guest was not given the right, would make others owners, or its own invite has ended */
  async invite(gamer: Member, request: InviteRequest): Promise<{ token: string }> {
    if (request.owner && !gamer.isOwner) throw notInvited('Only the owner of this room can make others its owners.');
    refuseWhoMayNotInvite(gamer);
    // An invite into an open room gives no more than its name.
    const lineage = gamer.isOwner || !gamer.room.inviteOnly ? [] : gamer.lineage;
    if (this.#admission.isRevoked(gamer.room, lineage)) throw revokedInvite();
    return { token: await this.parts.invites.invite(gamer.room, request, lineage) };
  }

  /** @throws MeshError `not-invited` when the gamer may not invite, or the token is not an invite that may have a code; `rate-limited` */
  async inviteCode(gamer: Member, { token }: EventPayload<'inviteCode'>): Promise<{ code: string }> {
    refuseWhoMayNotInvite(gamer);
    return { code: await this.parts.codes.make(token, gamer) };
  }

  leave(member: Member): void {
    if (this.has(member)) this.sessions.remove(member, 'left');
  }

  readonly #grantFor = (member: Member): IceGrant | undefined => {
    const { relay } = this.parts;
    return relay.isThere ? relay.grant(member) : undefined;
  };

  #seek(gamer: Member, isSeeking: boolean): void {
    gamer.isSeeking = isSeeking;
    gamer.changed();
    this.#introductions.seek(gamer, isSeeking);
  }
}

const NO_RIGHTS: Rights = { isOwner: false, mayInvite: false, lineage: [] };

function refuseWhoMayNotInvite(gamer: Member): void {
  if (!mayInvite(gamer))
    throw notInvited('Only the owner of this room can invite, and guests whom the owner allows to. Ask for a link.');
}

/** Only owners, and guests they allow to, invite into an invite-only room. To enter an open room its name is enough, which all members know. */
function mayInvite({ isOwner, mayInvite: isLet, room, role }: Member): boolean {
  return role === 'gamer' && (isOwner || isLet || !room.inviteOnly);
}
