import {
  goneSchema,
  type Introduction,
  introductionSchema,
  isClientEvent,
  type Joined,
  joinedSchema,
  joinSchema,
  type PeerGone,
  type RelayedSignal,
  relayedSignalSchema,
  wireErrorSchema,
} from '../../shared/signaling.ts';
import { z } from '../../shared/zod.ts';
import { type Connection, type SocketInfo, socketInfoSchema } from '../rooms/connection.ts';

/** Names of Redis's pub/sub channels. */
export const REDIS_CHANNELS = {
  /** {@link ClusterRequest}s to the leader. */
  requests: 'p2c2r:requests',
  /** {@link LEADERSHIP_EVENTS} to all instances. */
  leadership: 'p2c2r:leadership',
  /** {@link ClusterReply}s to one instance. */
  repliesTo: (instance: string) => `p2c2r:to:${instance}`,
} as const;

/** `taken`: a new leader has started. `vacant`: the leader has stopped. */
export const LEADERSHIP_EVENTS = { taken: 'taken', vacant: 'vacant' } as const;

const requestFields = { id: z.string(), from: z.string(), socket: socketInfoSchema };

/** From the instance that holds a socket to the leader. */
export const clusterRequestSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('join'), ...requestFields, request: joinSchema }),
  z.object({
    kind: z.literal('event'),
    ...requestFields,
    event: z.string().refine(isClientEvent),
    payload: z.unknown().optional(),
  }),
  z.object({ kind: z.literal('disconnected'), ...requestFields }),
]);
export type ClusterRequest = z.infer<typeof clusterRequestSchema>;

/** The leader's answer to a {@link ClusterRequest}. */
export const clusterReplySchema = z.object({
  id: z.string(),
  answer: z.discriminatedUnion('ok', [
    z.object({ ok: z.literal(true), value: z.unknown().optional() }),
    z.object({ ok: z.literal(false), error: wireErrorSchema }),
  ]),
  /** The leader does not know this socket, so its page has to join again. */
  isUnknownSocket: z.boolean(),
});
export type ClusterReply = z.infer<typeof clusterReplySchema>;

const toSocket = { kind: z.literal('emit'), socketId: z.string() };

/** What the leader sends because of a decision: to a socket, or to the instance that made a request. */
export const outgoingMessageSchema = z.union([
  z.object({
    ...toSocket,
    event: z.literal('joined'),
    body: z.object({ ok: z.literal(true), value: joinedSchema as z.ZodType<Joined> }),
  }),
  z.object({ ...toSocket, event: z.literal('introduce'), body: introductionSchema }),
  z.object({ ...toSocket, event: z.literal('signal'), body: relayedSignalSchema }),
  z.object({ ...toSocket, event: z.literal('gone'), body: goneSchema }),
  z.object({ kind: z.literal('disconnect'), socketId: z.string() }),
  z.object({ kind: z.literal('reply'), to: z.string(), reply: clusterReplySchema }),
]);
export type OutgoingMessage = z.infer<typeof outgoingMessageSchema>;

/** A connection to a socket of any instance, this one included. Its round trip stays the one measured at the handshake. */
export class RemoteConnection implements Connection {
  readonly instance: string;
  readonly socketId: string;
  readonly host: string;
  readonly networks: readonly string[];
  readonly rttMs: number;

  constructor(
    { instance, socketId, host, networks, rttMs }: SocketInfo,
    private readonly send: (message: OutgoingMessage) => void,
  ) {
    this.instance = instance;
    this.socketId = socketId;
    this.host = host;
    this.networks = networks;
    this.rttMs = rttMs;
  }

  joined(joined: Joined): void {
    this.send({ ...this.#emit, event: 'joined', body: { ok: true, value: joined } });
  }

  introduce(introduction: Introduction): void {
    this.send({ ...this.#emit, event: 'introduce', body: introduction });
  }

  signal(signal: RelayedSignal): void {
    this.send({ ...this.#emit, event: 'signal', body: signal });
  }

  gone(farewell: PeerGone): void {
    this.send({ ...this.#emit, event: 'gone', body: farewell });
  }

  close(): void {
    this.send({ kind: 'disconnect', socketId: this.socketId });
  }

  get #emit() {
    return { kind: 'emit', socketId: this.socketId } as const;
  }
}
