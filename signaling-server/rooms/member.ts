import { LRUCache } from 'lru-cache';
import { MeshError } from '../../shared/errors.ts';
import { SIGNALING } from '../../shared/protocol-limits.ts';
import type { Farewell, Introduction, Joined, RelayedSignal, Role, VolunteerStatus } from '../../shared/signaling.ts';
import type { TaskName } from '../../shared/tasks/names.ts';
import type { KnownInvite } from '../access/bans.ts';
import type { Claim } from '../access/identity.ts';
import type { Place } from '../access/room-address.ts';
import type { Accused } from '../lobby/suitability.ts';
import type { Reputation } from '../store/store.ts';
import { COORDINATOR } from '../tuning.ts';
import { type SocketInfo, socketInfoOf } from './connection.ts';
import type { Letter, MemberRecord } from './member-record.ts';

/** A member's way out: one socket. The gateway makes it over socket.io. */
export interface Connection extends SocketInfo {
  joined(joined: Joined): void;
  introduce(introduction: Introduction): void;
  signal(signal: RelayedSignal): void;
  gone(farewell: Farewell): void;
  /** Ends the socket after what was sent; it is not to come back by itself. */
  close(): void;
}

/** Told of whatever another instance would have to know to go on with a member. */
export interface Mirror {
  changed(member: Member): void;
  removed(id: string): void;
}

/** A volunteer that has told nothing yet is not offered to anybody. */
const UNTOLD_STATUS: VolunteerStatus = { load: 0, accepting: false, tasks: [], maxGamers: 1 };

/** One session in one room. It outlives its sockets; what is sent while there is none waits, within bounds. */
export class Member {
  status: VolunteerStatus = UNTOLD_STATUS;
  reputation: Reputation = { completed: 0, failed: 0 };
  /** What this volunteer has yet to prove; null when it has, or claims nothing. */
  claim: Claim | null = null;
  /** Proven, see `identityOf`. Told to nobody: a gamer knows a volunteer by its session alone, which ends with its page. */
  identity: string | null = null;
  /** Task types this gamer wants the lobby's help with; empty: any. */
  needs: readonly TaskName[] = [];
  /** Does this gamer take help from the lobby? */
  isSeeking = false;
  /** Volunteers this gamer has worked with: history id -> last round trip it reported, ms. */
  partners: ReadonlyMap<string, number> = new Map();
  /** Volunteers that gamers of this gamer's room reported. */
  accused: Accused = new Map();
  /** It may remove volunteers and take invites back. */
  isOwner = false;
  /** What let it in; null for whoever needed none. */
  invite: KnownInvite | null = null;
  /** Who was removed from this member's room: session and history ids. */
  removed: ReadonlySet<string> = new Set();
  /** The members this one is introduced to, by id; always mutual. */
  readonly peers = new Map<string, Member>();
  #connection: Connection | null = null;
  /** Volunteers this gamer was introduced to, those that left included: id -> history id. Null before the first: it holds 2 kB. */
  #met: LRUCache<string, string> | null = null;
  /** By peer: what goes with the answer to a join; null once that was given. */
  #firstIntroductions: Map<string, Introduction> | null = null;
  #waiting: Letter[] = [];

  constructor(
    readonly id: string,
    readonly role: Role,
    public name: string,
    readonly place: Place,
    private readonly mirror?: Mirror | undefined,
  ) {}

  /** To be called after a change that this class does not make itself. */
  changed(): void {
    this.mirror?.changed(this);
  }

  /** All that another instance needs to go on with this member; see {@link restore}. */
  record(): MemberRecord {
    const { id, role, name, place, status, reputation, claim, identity, needs, isSeeking, isOwner, invite } = this;
    return {
      ...{ id, role, name, place, status, reputation, claim, identity, needs, isSeeking, isOwner, invite },
      removed: [...this.removed],
      peers: [...this.peers.keys()],
      partners: [...this.partners],
      met: [...(this.#met?.entries() ?? [])].toReversed(),
      waiting: this.#waiting,
      visit: this.#connection && socketInfoOf(this.#connection),
    };
  }

  /**
   * Goes on from a record of another instance; its peers, and who was removed from its room, are to be set.
   * @param connection to the socket that it had there, null when that is gone.
   */
  restore(record: MemberRecord, connection: Connection | null): void {
    const { status, reputation, claim, identity, needs, isSeeking, isOwner, invite, partners, met, waiting } = record;
    Object.assign(this, { status, reputation, claim, identity, needs, isSeeking, isOwner, invite });
    this.partners = new Map(partners);
    for (const [id, historyId] of met) this.#rememberAs(id, historyId);
    this.#waiting = waiting;
    this.#connection = connection;
  }

  get online(): boolean {
    return this.#connection !== null;
  }

  /** May it be introduced? A volunteer that is about to prove who it is waits, lest it is ranked as a newcomer. */
  get isAvailable(): boolean {
    return this.online && (this.claim === null || this.identity !== null);
  }

  get isOfLobby(): boolean {
    return this.place.isLobby === true;
  }

  /** What the coordinator remembers this member under. Without an identity that ends with the session. */
  get historyId(): string {
    return this.identity ?? this.id;
  }

  /** A volunteer that this gamer is introduced to. */
  meet({ id, historyId }: Member): void {
    this.#rememberAs(id, historyId);
  }

  /** What the history of a volunteer that this gamer was ever introduced to is kept under. */
  historyOf(volunteerId: string): string | undefined {
    return this.peers.get(volunteerId)?.historyId ?? this.#met?.get(volunteerId);
  }

  get rttMs(): number {
    return this.#connection?.rttMs ?? COORDINATOR.assumedRttMs;
  }

  /** Takes a newer socket, to be {@link greet greeted}; the older one, if any, is told and ended. */
  attach(connection: Connection): void {
    this.dismiss();
    this.#connection = connection;
    this.#firstIntroductions = new Map();
    this.changed();
  }

  /** Tells the newest socket that it joined, whom it knows since, and then what waited, in the order it came. */
  greet(joined: Omit<Joined, 'introductions'>): void {
    const introductions = [...(this.#firstIntroductions?.values() ?? [])];
    this.#firstIntroductions = null;
    this.#connection?.joined({ ...joined, introductions });
    const letters = this.#waiting;
    this.#waiting = [];
    this.changed();
    for (const letter of letters) {
      if (letter.kind === 'signal') this.#connection?.signal(letter.body);
      else this.#connection?.gone(letter.body);
    }
  }

  /** @returns false when `connection` is not the member's newest, so that its loss means nothing. */
  detach(connection: Connection): boolean {
    if (this.#connection !== connection) return false;
    this.#connection = null;
    this.#firstIntroductions = null;
    this.changed();
    return true;
  }

  /** Ends the present socket because a newer one of the same session takes over, or the room's owner wants it. */
  dismiss(why: 'replaced' | 'removed' = 'replaced'): void {
    this.#connection?.gone({ peerId: this.id, why });
    this.#connection?.close();
    this.#connection = null;
  }

  /** An absent member is introduced to its peers again when it returns, so nothing of this waits. */
  introduce(peer: Member, score: number): void {
    const { id: peerId, role } = peer;
    const name = role === 'volunteer' ? peer.name : null;
    this.changed();
    const introduction = { peerId, name, role, initiate: this.role === 'gamer', score };
    if (this.#firstIntroductions) this.#firstIntroductions.set(peerId, introduction);
    else this.#connection?.introduce(introduction);
  }

  /** @throws MeshError `queue-full` when the member is away and has enough waiting for it. */
  signal(signal: RelayedSignal): void {
    if (this.#connection) {
      this.#connection.signal(signal);
      return;
    }
    // Only the newest attempt of a sender can still become a link.
    this.#waiting = this.#waiting.filter(
      ({ kind, body }) => kind === 'gone' || body.from !== signal.from || body.attempt >= signal.attempt,
    );
    if (this.#waiting.length >= SIGNALING.maxBufferedSignals) {
      throw new MeshError('queue-full', 'The other side is offline and has many signals waiting. Try again shortly.');
    }
    this.#waiting.push({ kind: 'signal', body: signal });
    this.changed();
  }

  /** Parts from a peer for good. */
  part(farewell: Farewell): void {
    this.peers.delete(farewell.peerId);
    this.changed();
    if (this.#connection) {
      this.#connection.gone(farewell);
      return;
    }
    this.#waiting = this.#waiting.filter(({ kind, body }) => kind === 'gone' || body.from !== farewell.peerId);
    this.#waiting.push({ kind: 'gone', body: farewell });
  }

  #rememberAs(volunteerId: string, historyId: string): void {
    this.#met ??= new LRUCache({ max: COORDINATOR.maxPartnersPerGamer });
    this.#met.set(volunteerId, historyId);
  }
}
