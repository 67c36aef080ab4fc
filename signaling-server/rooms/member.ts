import { LRUCache } from 'lru-cache';
import { challengeSchema, publicKeySchema } from '../../shared/identity.ts';
import {
  type IceGrant,
  type Introduction,
  type Joined,
  type PeerGone,
  type RelayedSignal,
  type Role,
  roleSchema,
  sessionIdSchema,
  type VolunteerStatus,
  volunteerStatusSchema,
} from '../../shared/signaling.ts';
import { TASK_NAMES, type TaskName } from '../../shared/tasks/definition.ts';
import { z } from '../../shared/zod.ts';
import type { IdentityClaim } from '../access/identity.ts';
import { inviteRefSchema, type Lineage, lineageSchema } from '../access/invites.ts';
import type { RoomAddress } from '../access/room-address.ts';
import type { Accused, Reputation } from '../store/store.ts';
import { type Connection, socketInfoOf, socketInfoSchema } from './connection.ts';
import { WaitingBudget, type WaitingEvent, WaitingEvents } from './waiting-events.ts';

/** Round trip of a socket before it was measured: between a home network and a server on the same continent. */
const ASSUMED_RTT_MS = 50;
/** Volunteers remembered per gamer, so that it can still report or remove one that left. 64 take some 6 kB. */
const MAX_REMEMBERED_VOLUNTEERS = 64;

/** What a gamer remembers of a volunteer that it was introduced to. */
const metSchema = z.object({
  historyId: z.string(),
  /** Which admitted it to the room; null if none did. */
  invite: inviteRefSchema.nullable(),
  /** The narrowest that it came from, hashed. Absent in records of older instances. */
  network: z.string().exactOptional(),
});
type Met = z.infer<typeof metSchema>;

/** A member as one instance leaves it to the next, in Redis. Accusations are not included: the store has
 * them. Neither is what waits for it, which is kept apart: strangers decide how large that is, and how often it changes. */
export const memberRecordSchema = z.object({
  id: sessionIdSchema,
  role: roleSchema,
  name: z.string(),
  room: z.object({ id: z.string(), name: z.string(), inviteOnly: z.boolean(), isLobby: z.boolean().exactOptional() }),
  status: volunteerStatusSchema,
  reputation: z.object({ completed: z.number(), failed: z.number() }),
  claim: z
    .object({ publicKey: publicKeySchema, sessionId: sessionIdSchema, host: z.string(), challenge: challengeSchema })
    .nullable(),
  identity: z.string().nullable(),
  needs: z.array(z.enum(TASK_NAMES)).readonly(),
  isSeeking: z.boolean(),
  /** Absent in records of older instances. */
  worksAlone: z.boolean().default(false),
  isOwner: z.boolean(),
  mayInvite: z.boolean(),
  lineage: lineageSchema,
  /** Session and history ids removed from its room, and invites revoked there. */
  removed: z.array(z.string()),
  peers: z.array(sessionIdSchema),
  partners: z.array(z.tuple([z.string(), z.number()])),
  met: z.array(z.tuple([z.string(), metSchema])),
  /** See {@link Member.networks}. Absent in records of older instances. */
  networks: z.array(z.string()).readonly().default([]),
  /** Null while its socket is away. */
  socket: socketInfoSchema.nullable(),
});
export type MemberRecord = z.infer<typeof memberRecordSchema>;

/** Learns of every change that another instance would need to continue with a member. */
export interface MemberObserver {
  memberChanged(member: Member): void;
  memberRemoved(id: string): void;
  /** Other events wait for it than before. */
  waitingChanged(member: Member): void;
}

/** Until a volunteer has sent its status it is offered to nobody. */
const INITIAL_STATUS: VolunteerStatus = { load: 0, accepting: false, tasks: [], maxGamers: 1 };

/** How a member came to its room. */
export type Arrived = Pick<Member, 'lineage' | 'networks'>;

/** One session in one room. It outlives its sockets; while there is none, events for it are queued, up to a bound. */
export class Member {
  status: VolunteerStatus = INITIAL_STATUS;
  reputation: Reputation = { completed: 0, failed: 0 };
  /** A volunteer's unproven claim to a key; null when it was proven, or none was made. */
  claim: IdentityClaim | null = null;
  /** A volunteer's proven identity, see `identityOf`. Never sent to gamers: they know a volunteer by its session id only. */
  identity: string | null = null;
  /** Task types that this gamer wants the lobby's help with; empty: any. */
  needs: readonly TaskName[] = [];
  /** Whether this gamer accepts help from the lobby. */
  isSeeking = false;
  /** Whether this gamer is introduced to nobody: it could open no links. */
  worksAlone = false;
  /** Volunteers this gamer has worked with: history id -> last reported round trip, ms. */
  partners: ReadonlyMap<string, number> = new Map();
  /** Volunteers that gamers of this gamer's room reported. */
  accused: Accused = new Map();
  /** Whether it may remove members and revoke invites. */
  isOwner = false;
  /** Whether it may invite others; an owner always may. */
  mayInvite = false;
  /** The invite that admitted it last, after those that this one descends from; empty if it needed none. */
  lineage: Lineage = [];
  /** Session and history ids removed from this member's room, and invites revoked there. */
  removed: ReadonlySet<string> = new Set();
  /** The members that this one is introduced to, by id; always mutual. */
  readonly peers = new Map<string, Member>();
  /** The networks that its last socket came from, hashed, narrowest first. */
  networks: readonly string[] = [];
  #connection: Connection | null = null;
  /** Volunteers this gamer was introduced to, including those that left, by id. Null until the first. */
  #met: LRUCache<string, Met> | null = null;
  /** Introductions to send with the answer to a join, by peer; null once that answer was sent. */
  #firstIntroductions: Map<string, Introduction> | null = null;
  readonly #waiting: WaitingEvents;

  constructor(
    readonly id: string,
    readonly role: Role,
    public name: string,
    readonly room: RoomAddress,
    private readonly observer?: MemberObserver | undefined,
    budget = new WaitingBudget(),
  ) {
    this.#waiting = new WaitingEvents(budget);
  }

  /** To be called after assigning to a field from outside this class. */
  changed(): void {
    this.observer?.memberChanged(this);
  }

  /** Everything that another instance needs to continue with this member, see {@link restore}. */
  record(): MemberRecord {
    const { id, role, name, room, status, reputation, claim, identity, needs, isSeeking } = this;
    const { worksAlone, isOwner, mayInvite, lineage, networks } = this;
    return {
      ...{ id, role, name, room, status, reputation, claim, identity, needs, isSeeking },
      ...{ worksAlone, isOwner, mayInvite, lineage, networks },
      removed: [...this.removed],
      peers: [...this.peers.keys()],
      partners: [...this.partners],
      met: [...(this.#met?.entries() ?? [])].toReversed(),
      socket: this.#connection && socketInfoOf(this.#connection),
    };
  }

  /**
   * Continues from a record of another instance. The caller sets the peers, and who was removed from the room.
   * @param waiting what {@link waiting} was there
   * @param connection to the socket that the member had there; null when that is gone
   */
  restore(record: MemberRecord, connection: Connection | null, waiting: readonly WaitingEvent[]): void {
    const { status, reputation, claim, identity, needs, isSeeking } = record;
    const { worksAlone, isOwner, mayInvite, lineage, networks, partners, met } = record;
    Object.assign(this, { status, reputation, claim, identity, needs, isSeeking });
    Object.assign(this, { worksAlone, isOwner, mayInvite, lineage });
    this.networks = connection?.networks ?? networks;
    this.partners = new Map(partners);
    for (const [id, volunteer] of met) this.#remember(id, volunteer);
    this.#waiting.restore(waiting);
    this.#connection = connection;
  }

  /** The events that wait for its socket. */
  get waiting(): WaitingEvent[] {
    return this.#waiting.list;
  }

  /** To be called when the member is removed. */
  forgetWaiting(): void {
    if (this.#waiting.takeAll().length > 0) this.observer?.waitingChanged(this);
  }

  get online(): boolean {
    return this.#connection !== null;
  }

  /** Whether it may be introduced. A volunteer about to prove its identity waits, so as not to be ranked as a newcomer. */
  get isAvailable(): boolean {
    return this.online && (this.claim === null || this.identity !== null);
  }

  get isOfLobby(): boolean {
    return this.room.isLobby === true;
  }

  /** The id that this member's history is kept under: its proven identity, or else its session, and then only for that long. */
  get historyId(): string {
    return this.identity ?? this.id;
  }

  /** Remembers a volunteer that this gamer is introduced to, see {@link historyIdOf} and {@link admissionOf}. */
  remember({ id, historyId, lineage, networks: [network] }: Pick<Member, 'id' | 'historyId' | keyof Arrived>): void {
    const invite = lineage.at(-1);
    const known = this.#met?.get(id);
    // One that was let in by an invite may be met again in the lobby, without any.
    if (!invite && known?.invite) this.#remember(id, { ...known, historyId });
    else this.#remember(id, { historyId, invite: invite ?? null, ...(network !== undefined && { network }) });
  }

  #remember(volunteerId: string, volunteer: Met): void {
    this.#met ??= new LRUCache({ max: MAX_REMEMBERED_VOLUNTEERS });
    this.#met.set(volunteerId, volunteer);
  }

  /** The history id of a volunteer that this gamer is or was introduced to; undefined for any other. */
  historyIdOf(volunteerId: string): string | undefined {
    return this.peers.get(volunteerId)?.historyId ?? this.#met?.get(volunteerId)?.historyId;
  }

  /** How a volunteer which this gamer was introduced to had come. */
  admissionOf(volunteerId: string): Arrived {
    const { invite, network } = this.#met?.get(volunteerId) ?? {};
    return { lineage: invite ? [invite] : [], networks: network === undefined ? [] : [network] };
  }

  get rttMs(): number {
    return this.#connection?.rttMs ?? ASSUMED_RTT_MS;
  }

  /** The widest of its networks. */
  get network(): string {
    return this.networks.at(-1) ?? '';
  }

  /** Switches to a newer socket, which {@link greet} then answers. An older one is notified and ended. */
  attach(connection: Connection): void {
    this.dismiss();
    this.#connection = connection;
    this.networks = connection.networks;
    this.#firstIntroductions = new Map();
    this.changed();
  }

  /** Whom the answer to the join that is under way introduces first. */
  get firstIntroduced(): string | undefined {
    return this.#firstIntroductions?.keys().next().value;
  }

  /** Answers the join of the newest socket, with the introductions made since, and then flushes the queued events in order. */
  greet(joined: Omit<Joined, 'introductions'>): void {
    const introductions = [...(this.#firstIntroductions?.values() ?? [])];
    this.#firstIntroductions = null;
    this.#connection?.joined({ ...joined, introductions });
    this.changed();
    const waiting = this.#waiting.takeAll();
    if (waiting.length > 0) this.observer?.waitingChanged(this);
    for (const event of waiting) {
      if (event.kind === 'signal') this.#connection?.signal(event.body);
      else this.#connection?.gone(event.body);
    }
  }

  /** @returns false when `connection` is not the member's newest, so that losing it changes nothing */
  detach(connection: Connection): boolean {
    if (this.#connection !== connection) return false;
    this.#connection = null;
    this.#firstIntroductions = null;
    this.changed();
    return true;
  }

  /** Ends the present socket because a newer one of the same session replaces it, or the room's owner removed the member. */
  dismiss(why: 'replaced' | 'removed' = 'replaced'): void {
    this.#connection?.gone({ peerId: this.id, why });
    this.#connection?.close();
    this.#connection = null;
  }

  /** Introductions are not queued for an absent member: it is introduced to its peers again when it returns. */
  introduce(peer: Member, score: number, ice?: IceGrant): void {
    const { id: peerId, role } = peer;
    const name = role === 'volunteer' ? peer.name : null;
    this.changed();
    const introduction = { peerId, name, role, initiate: this.role === 'gamer', score };
    if (this.#firstIntroductions) this.#firstIntroductions.set(peerId, introduction);
    else this.#connection?.introduce({ ...introduction, ...(ice && { ice }) });
  }

  /**
   * @param network of the sender
   * @throws MeshError `queue-full` when the member is away and too much is waiting for it, or from that network
   */
  signal(signal: RelayedSignal, network: string): void {
    if (this.#connection) {
      this.#connection.signal(signal);
      return;
    }
    this.#waiting.addSignal(signal, network);
    this.observer?.waitingChanged(this);
  }

  /** Drops a peer for good and tells the member. */
  removePeer(farewell: PeerGone): void {
    this.peers.delete(farewell.peerId);
    this.changed();
    if (this.#connection) {
      this.#connection.gone(farewell);
      return;
    }
    this.#waiting.addFarewell(farewell);
    this.observer?.waitingChanged(this);
  }
}
