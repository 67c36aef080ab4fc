import { MeshError } from '../../shared/errors.ts';
import {
  type Answer,
  accusationSchema,
  type ClientToServerEvents,
  inviteSchema,
  type JoinRequest,
  linkReportSchema,
  lobbySchema,
  proofSchema,
  removalSchema,
  reportSchema,
  signalSchema,
  takeBackSchema,
  volunteerStatusSchema,
} from '../../shared/signaling.ts';
import { notInvited } from '../access/invites.ts';
import type { Metrics } from '../http/metrics.ts';
import type { SocketInfo } from '../rooms/connection.ts';
import type { Coordinator } from '../rooms/coordinator.ts';
import type { Connection, Member } from '../rooms/member.ts';
import type { Counts } from '../rooms/rooms.ts';
import { parse } from './parse.ts';
import { type EventName, JOIN_FIRST, type RequestHandler, type Welcome } from './request-handler.ts';

/** What a client gets for an event that went well. */
type Value<E extends EventName> =
  Parameters<ClientToServerEvents[E]> extends [...unknown[], (answer: Answer<infer T>) => void] ? T : never;
type Handlers = { [E in EventName]: (seat: Seat, payload: unknown) => Value<E> | Promise<Value<E>> };

/** One socket and the member it speaks for, once it has joined. */
interface Seat {
  readonly connection: Connection;
  member: Member | null;
  /** The socket went while its join was under way. */
  isGone: boolean;
}

interface Parts<V> {
  coordinator: Coordinator;
  metrics: Pick<Metrics, 'linked' | 'signalled'>;
  /** The way back to a socket. */
  connect(visit: V): Connection;
}

/** Puts what sockets say before the coordinator: who speaks, and whether it is well formed. */
export class RequestHandlers<V extends SocketInfo = SocketInfo> implements RequestHandler<V> {
  readonly #seats = new Map<string, Seat>();

  constructor(private readonly parts: Parts<V>) {}

  counts(): Counts {
    return this.parts.coordinator.counts();
  }

  async join(visit: V, request: JoinRequest): Promise<Welcome> {
    const { coordinator, connect } = this.parts;
    const seat: Seat = { connection: connect(visit), member: null, isGone: false };
    this.#seats.set(visit.socketId, seat);
    try {
      const arrival = await coordinator.join(request, seat.connection);
      const { id, resumed } = arrival.joined;
      seat.member = arrival.member;
      // A page that went before the answer has made a session all the same: it waits for the page's next socket.
      if (seat.isGone) coordinator.lost(arrival.member, seat.connection);
      else coordinator.welcome(arrival);
      return { id, resumed };
    } catch (cause) {
      this.#seats.delete(visit.socketId);
      throw cause;
    }
  }

  async ask({ socketId }: V, event: EventName, payload: unknown): Promise<unknown> {
    const seat = this.#seats.get(socketId);
    if (!seat) throw notInvited(JOIN_FIRST);
    return this.#handlers[event](seat, payload);
  }

  lost({ socketId }: Pick<SocketInfo, 'socketId'>): void {
    const seat = this.#seats.get(socketId);
    this.#seats.delete(socketId);
    if (!seat) return;
    seat.isGone = true;
    if (seat.member) this.parts.coordinator.lost(seat.member, seat.connection);
  }

  /** A member that was restored speaks over the socket that it had. */
  seat(member: Member, connection: Connection): void {
    this.#seats.set(connection.socketId, { connection, member, isGone: false });
  }

  /** Has this socket asked to join here? */
  knows(socketId: string): boolean {
    return this.#seats.has(socketId);
  }

  async close(): Promise<void> {
    this.parts.coordinator.close();
  }

  visits(): SocketInfo[] {
    return [...this.#seats.values()].map(({ connection }) => connection);
  }

  readonly #handlers: Handlers = {
    signal: (seat, payload) => {
      this.parts.coordinator.signal(memberOf(seat), parse(signalSchema, payload));
      this.parts.metrics.signalled();
      return null;
    },
    status: (seat, payload) => {
      this.parts.coordinator.setStatus(memberOf(seat), parse(volunteerStatusSchema, payload));
      return null;
    },
    report: async (seat, payload) => {
      await this.parts.coordinator.report(memberOf(seat), parse(reportSchema, payload));
      return null;
    },
    link: (seat, payload) => {
      if (memberOf(seat).role !== 'gamer') throw MeshError.malformed('Only a gamer reports on links.');
      this.parts.metrics.linked(parse(linkReportSchema, payload).outcome);
      return null;
    },
    accuse: async (seat, payload) => {
      await this.parts.coordinator.accuse(memberOf(seat), parse(accusationSchema, payload));
      return null;
    },
    prove: async (seat, payload) => {
      await this.parts.coordinator.prove(memberOf(seat), parse(proofSchema, payload));
      return null;
    },
    lobby: (seat, payload) => {
      this.parts.coordinator.setLobby(memberOf(seat), parse(lobbySchema, payload));
      return null;
    },
    invite: (seat, payload) => {
      return this.parts.coordinator.invite(memberOf(seat), parse(inviteSchema, payload));
    },
    takeback: async (seat, payload) => {
      await this.parts.coordinator.owner.takeBack(memberOf(seat), parse(takeBackSchema, payload));
      return null;
    },
    remove: async (seat, payload) => {
      await this.parts.coordinator.owner.remove(memberOf(seat), parse(removalSchema, payload));
      return null;
    },
    ice: (seat) => this.parts.coordinator.iceFor(memberOf(seat)),
    leave: (seat) => {
      this.parts.coordinator.leave(memberOf(seat));
      seat.member = null;
      return null;
    },
  };
}

function memberOf({ member }: Seat): Member {
  if (!member) throw notInvited(JOIN_FIRST);
  return member;
}
