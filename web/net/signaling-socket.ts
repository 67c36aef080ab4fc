import { io, type Socket } from 'socket.io-client';
import type { ZodType } from 'zod';
import { MeshError } from '../../shared/errors.ts';
import {
  CLIENT_EVENTS,
  type ClientEvent,
  type ClientToServerEvents,
  type EventPayload,
  type EventReply,
  type Farewell,
  goneSchema,
  type Introduction,
  introductionSchema,
  type JoinRequest,
  type PeerSignal,
  relayedSignalSchema,
  type ServerToClientEvents,
  wireErrorSchema,
} from '../../shared/signaling.ts';
import { z } from '../../shared/zod.ts';
import { SIGNALING_CLIENT } from './tuning.ts';

export type SignalingSocket = Socket<ServerToClientEvents, ClientToServerEvents>;

/** What the server says unasked. */
export type ServerEvent =
  | { kind: 'introduced'; introduction: Introduction }
  | { kind: 'signal'; from: string; attempt: number; signal: PeerSignal }
  | ({ kind: 'gone' } & Farewell)
  /** It sent what this version does not know. */
  | { kind: 'refused'; error: MeshError };

/** Opens a socket that comes back by itself, and joins, with what `joinRequest` returns, whenever it opens. */
export function openSocket(url: string, joinRequest: () => JoinRequest): SignalingSocket {
  return io(url, {
    transports: ['websocket'],
    // Two clients of one page are two members.
    multiplex: false,
    timeout: SIGNALING_CLIENT.connectTimeoutMs,
    reconnectionDelay: SIGNALING_CLIENT.reconnectDelayMs,
    reconnectionDelayMax: SIGNALING_CLIENT.reconnectDelayMaxMs,
    randomizationFactor: SIGNALING_CLIENT.reconnectJitter,
    auth: (send) => send(joinRequest()),
  });
}

/**
 * Sends an event to the server and awaits its reply. Throws the MeshError that the server refuses with; `signaling-unreachable`
 * when no answer comes, `malformed` when the reply does not match the schema of CLIENT_EVENTS.
 */
export async function ask<E extends ClientEvent>(
  socket: SignalingSocket,
  event: E,
  payload: EventPayload<E>,
  timeoutMs: number = SIGNALING_CLIENT.connectTimeoutMs,
): Promise<EventReply<E>> {
  const answer = await answerOf(socket, event, payload, timeoutMs);
  return readAnswer(answer, CLIENT_EVENTS[event].reply);
}

/** Throws the MeshError that the server refuses with; `malformed` when its answer has not the shape of `schema`. */
export function readAnswer<Value>(answer: unknown, schema: ZodType<Value>): Value {
  const parsed = answerSchema.safeParse(answer);
  if (parsed.success && !parsed.data.ok) throw MeshError.from(parsed.data.error);
  const value = schema.safeParse(parsed.data?.ok ? parsed.data.value : undefined);
  if (value.success) return value.data;
  throw MeshError.malformed('The server answered with something this page does not know.');
}

const answerSchema = z.discriminatedUnion('ok', [
  z.strictObject({ ok: z.literal(true), value: z.unknown() }),
  z.strictObject({ ok: z.literal(false), error: wireErrorSchema }),
]);

async function answerOf(socket: SignalingSocket, event: string, payload: unknown, timeoutMs: number): Promise<unknown> {
  // The typed form resolves to `any`; what comes is checked by the caller.
  const untyped: Socket = socket;
  try {
    return await untyped.timeout(timeoutMs).emitWithAck(event, payload);
  } catch (cause) {
    throw unreachable(socketUrl(socket), cause);
  }
}

/** Passes on what the server says once it has the right shape. */
export function hear(socket: SignalingSocket, onEvent: (event: ServerEvent) => void): void {
  const checked =
    <T>(schema: ZodType<T>, toEvent: (value: T) => ServerEvent) =>
    (payload: unknown) => {
      const parsed = schema.safeParse(payload);
      // An error is not free to make: its stack has V8 look up where everything on it is.
      if (parsed.success) onEvent(toEvent(parsed.data));
      else
        onEvent({ kind: 'refused', error: MeshError.malformed('The server sent something this page does not know.') });
    };
  socket
    .on(
      'introduce',
      checked(introductionSchema, (introduction) => ({ kind: 'introduced', introduction })),
    )
    .on(
      'signal',
      checked(relayedSignalSchema, (relayed) => ({ kind: 'signal', ...relayed })),
    )
    .on(
      'gone',
      checked(goneSchema, (farewell) => ({ kind: 'gone', ...farewell })),
    );
}

export function unreachable(url: string, cause?: unknown): MeshError {
  return new MeshError(
    'signaling-unreachable',
    `The P2C2R server at ${url} does not answer. Check the address, that the server runs, and that it allows this page's origin.`,
    { cause },
  );
}

function socketUrl(socket: SignalingSocket): string {
  // `uri` is the manager's; its declaration hides it.
  return (socket.io as unknown as { readonly uri: string }).uri;
}
