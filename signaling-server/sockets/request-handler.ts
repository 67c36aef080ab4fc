import { MeshError } from '../../shared/errors.ts';
import {
  CLIENT_EVENTS,
  type ClientEvent,
  type EventPayload,
  type EventReply,
  type JoinRequest,
} from '../../shared/signaling.ts';
import type { z } from '../../shared/zod.ts';
import { notInvited } from '../access/invites.ts';
import type { Metrics } from '../http/metrics.ts';
import type { Connection, SocketInfo } from '../rooms/connection.ts';
import type { Coordinator } from '../rooms/coordinator.ts';
import type { Member } from '../rooms/member.ts';
import type { Counts } from '../rooms/rooms.ts';

/** The refusal of every event from a socket that has not joined. */
export const JOIN_FIRST = 'Join a room first.';

export interface JoinResult {
  /** The id of the session. */
  id: string;
  resumed: boolean;
}

/**
 * Handles the requests of this instance's sockets: either here ({@link LocalRequestHandler}), or by forwarding them to the instance
 * that leads the cluster.
 */
export interface RequestHandler<S extends SocketInfo = SocketInfo> {
  /**
   * Joins a session over a socket. A successful join is answered through the session's {@link Connection}.
   * @throws MeshError why it was refused
   */
  join(socket: S, request: JoinRequest): Promise<JoinResult>;
  /**
   * @param payload as it came from the network
   * @returns the reply to the event
   * @throws MeshError why it was refused
   */
  handle(socket: S, event: ClientEvent, payload: unknown): Promise<unknown>;
  /** To be called when the socket is gone. */
  disconnected(socket: S): void;
  /** Figures about the rooms that this process manages. */
  counts(): Counts;
  close(): Promise<void>;
}

/** A socket and the member that it speaks for. */
interface SocketBinding {
  readonly connection: Connection;
  /** Null while the join is under way, and after leaving. */
  member: Member | null;
  /** The socket closed while its join was under way. */
  isGone: boolean;
}

type Handler<E extends ClientEvent> = (
  member: Member,
  payload: EventPayload<E>,
  binding: SocketBinding,
) => EventReply<E> | Promise<EventReply<E>>;

interface Parts<S> {
  coordinator: Coordinator;
  metrics: Pick<Metrics, 'linked' | 'signalled'>;
  /** Makes the connection through which the coordinator reaches a socket. */
  connect(socket: S): Connection;
}

/** Passes requests to the coordinator of this process, after checking the sender, its role and the payload. */
export class LocalRequestHandler<S extends SocketInfo = SocketInfo> implements RequestHandler<S> {
  readonly #bindings = new Map<string, SocketBinding>();

  constructor(private readonly parts: Parts<S>) {}

  counts(): Counts {
    return this.parts.coordinator.counts();
  }

  async join(socket: S, request: JoinRequest): Promise<JoinResult> {
    const { coordinator, connect } = this.parts;
    const binding: SocketBinding = { connection: connect(socket), member: null, isGone: false };
    this.#bindings.set(socket.socketId, binding);
    try {
      const arrival = await coordinator.join(request, binding.connection);
      const { id, resumed } = arrival.joined;
      binding.member = arrival.member;
      // If the page is gone before the answer, the session still exists and waits for the page's next socket.
      if (binding.isGone) coordinator.sessions.lost(arrival.member, binding.connection);
      else coordinator.welcome(arrival);
      return { id, resumed };
    } catch (cause) {
      this.#bindings.delete(socket.socketId);
      throw cause;
    }
  }

  async handle<E extends ClientEvent>({ socketId }: S, event: E, payload: unknown): Promise<EventReply<E>> {
    const binding = this.#bindings.get(socketId);
    if (!binding?.member) throw notInvited(JOIN_FIRST);
    const { schema, role } = CLIENT_EVENTS[event];
    if (role !== 'any' && role !== binding.member.role)
      throw MeshError.malformed(`Only a ${role} may send "${event}".`);
    return this.#handlers[event](binding.member, parse(schema, payload), binding);
  }

  disconnected({ socketId }: Pick<SocketInfo, 'socketId'>): void {
    const binding = this.#bindings.get(socketId);
    this.#bindings.delete(socketId);
    if (!binding) return;
    binding.isGone = true;
    if (binding.member) this.parts.coordinator.sessions.lost(binding.member, binding.connection);
  }

  /** Gives a restored member the socket that it had while another instance led the cluster. */
  bind(member: Member, connection: Connection): void {
    this.#bindings.set(connection.socketId, { connection, member, isGone: false });
  }

  /** Whether this socket has asked to join here. */
  knows(socketId: string): boolean {
    return this.#bindings.has(socketId);
  }

  sockets(): SocketInfo[] {
    return [...this.#bindings.values()].map(({ connection }) => connection);
  }

  async close(): Promise<void> {
    this.parts.coordinator.sessions.close();
  }

  readonly #handlers: { [E in ClientEvent]: Handler<E> } = {
    signal: (member, request) => {
      this.parts.coordinator.signal(member, request);
      this.parts.metrics.signalled();
      return null;
    },
    status: (member, status) => nullAfter(this.parts.coordinator.setStatus(member, status)),
    report: (member, report) => nullAfter(this.parts.coordinator.reputation.report(member, report)),
    link: (_, { outcome }) => nullAfter(this.parts.metrics.linked(outcome)),
    accuse: (member, accusation) => nullAfter(this.parts.coordinator.reputation.accuse(member, accusation)),
    prove: (member, proof) => nullAfter(this.parts.coordinator.reputation.prove(member, proof)),
    lobby: (member, request) => nullAfter(this.parts.coordinator.setLobby(member, request)),
    invite: (member, request) => this.parts.coordinator.invite(member, request),
    inviteCode: (member, request) => this.parts.coordinator.inviteCode(member, request),
    revoke: (member, request) => nullAfter(this.parts.coordinator.owner.revoke(member, request)),
    remove: (member, request) => nullAfter(this.parts.coordinator.owner.remove(member, request)),
    gamers: (member) => this.parts.coordinator.owner.gamers(member),
    removeGamer: (member, request) => nullAfter(this.parts.coordinator.owner.removeGamer(member, request)),
    ice: (member) => this.parts.coordinator.renewIce(member),
    leave: (member, _, binding) => {
      this.parts.coordinator.leave(member);
      binding.member = null;
      return null;
    },
  };
}

/** The reply to an event that returns nothing. */
async function nullAfter(work: unknown): Promise<null> {
  await work;
  return null;
}

/**
 * Validates what came from the network.
 * @throws MeshError `malformed`, naming the field
 */
export function parse<T>(schema: z.ZodType<T>, payload: unknown): T {
  const parsed = tryParse(schema, payload);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const where = issue?.path.join('.') || 'message';
  throw MeshError.malformed(`The server cannot read what the page sent (${where}: ${issue?.code}).`);
}

/** zod also reads the `length` of values that it has refused, and throws if that is an object without a primitive value. */
function tryParse<T>(schema: z.ZodType<T>, payload: unknown) {
  try {
    return schema.safeParse(payload);
  } catch (cause) {
    throw new MeshError('malformed', 'The server cannot read what the page sent: a length is not a number.', { cause });
  }
}
