import { io, NodeWebSocket, NodeXHR, type Socket } from 'socket.io-client';
import type { ZodType } from 'zod';
import { MeshError } from '../../shared/errors.ts';
import { parseUrl } from '../../shared/older-browsers.ts';
import {
  CLIENT_EVENTS,
  type ClientEvent,
  type ClientToServerEvents,
  type EventPayload,
  type EventReply,
  goneSchema,
  type Introduction,
  introductionSchema,
  type JoinRequest,
  type PeerGone,
  type PeerSignal,
  relayedSignalSchema,
  type ServerToClientEvents,
  wireErrorSchema,
} from '../../shared/signaling.ts';
import { z } from '../../shared/zod.ts';

/** Timing of the socket to the coordinator. */
export const SOCKET = {
  /** Time to the first answer, ms. A server on another continent takes well under a second; after this, a person should be told. */
  connectTimeoutMs: 10_000,
  /** How long a closing page waits for the server to acknowledge that it leaves, ms. */
  leaveTimeoutMs: 1_000,
  /** How long a socket that may be dead has to answer, ms: twice as long as a slow mobile network takes. */
  probeTimeoutMs: 2_000,
  /** The time to the first answer once we have joined, ms: an attempt that began while the network was away blocks the next one for so long. */
  reconnectTimeoutMs: 6_000,
  /** First reconnect delay, ms: most losses are a server restart, and a person soon loses patience. */
  reconnectDelayMs: 250,
  /** How long a WebSocket may take to open before polling is tried, ms: some networks neither pass nor refuse one. Four round trips by satellite take less. */
  webSocketTimeoutMs: 3_000,
  /** Longest reconnect delay, ms: with a whole attempt before it, a server that is back is reached within 10 s. */
  reconnectDelayMaxMs: 2_500,
  /** socket.io's `randomizationFactor`: spreads a thousand pages that lost the same server. */
  reconnectJitter: 0.5,
} as const;

export type SignalingSocket = Socket<ServerToClientEvents, ClientToServerEvents>;

/** Events that the server sends on its own initiative. */
export type ServerEvent =
  | { kind: 'introduced'; introduction: Introduction }
  | { kind: 'signal'; from: string; attempt: number; signal: PeerSignal }
  | ({ kind: 'gone' } & PeerGone)
  /** The server refused a message, or sent one that this version does not know. */
  | { kind: 'refused'; error: MeshError };

/** Where a server's sockets are: below its address, which may have a path. An address that is none is left to socket.io, which reports it. */
export function socketAddress(url: string): { origin: string; path?: string } {
  const parsed = /^(https?|wss?):\/\//i.test(url) ? parseUrl(url) : null;
  if (!parsed) return { origin: url };
  const { origin, pathname } = parsed;
  return { origin, path: `${pathname.replace(/\/*$/, '')}/socket.io/` };
}

/** A WebSocket that fails in time for polling to be tried. */
class PromptWebSocket extends NodeWebSocket {
  #timer: ReturnType<typeof setTimeout> | undefined;

  override doOpen() {
    this.#timer = setTimeout(() => {
      this.onError('the WebSocket did not open in time', undefined);
      this.close();
    }, SOCKET.webSocketTimeoutMs);
    return super.doOpen();
  }

  protected override onOpen(): void {
    clearTimeout(this.#timer);
    super.onOpen();
  }

  protected override onClose(details?: Parameters<NodeWebSocket['onClose']>[0]): void {
    clearTimeout(this.#timer);
    super.onClose(details);
  }
}

/** Whether a socket polls, since no WebSocket got through. */
export function isPolling(socket: SignalingSocket): boolean {
  return socket.connected && socket.io.engine.transport.name === 'polling';
}

/** Opens a socket that reconnects by itself, and joins with the result of `joinRequest` each time. */
export function openSocket(url: string, joinRequest: () => Promise<JoinRequest>): SignalingSocket {
  const { origin, path } = socketAddress(url);
  return io(origin, {
    ...(path !== undefined && { path }),
    // In browsers these are the browser's own; the packages say so.
    transports: [PromptWebSocket, NodeXHR],
    tryAllTransports: true,
    upgrade: false,
    // Two clients on one page are two members of a room, with a socket each.
    multiplex: false,
    timeout: SOCKET.connectTimeoutMs,
    reconnectionDelay: SOCKET.reconnectDelayMs,
    reconnectionDelayMax: SOCKET.reconnectDelayMaxMs,
    randomizationFactor: SOCKET.reconnectJitter,
    auth: (send) => void joinRequest().then(send),
  });
}

/**
 * Sends a request and returns the server's answer. Throws the server's refusal as a MeshError, `signaling-unreachable` if no answer
 * arrives in time, or `malformed` if the answer does not match the event's reply in CLIENT_EVENTS.
 */
export async function request<Event extends ClientEvent>(
  socket: SignalingSocket,
  event: Event,
  payload: EventPayload<Event>,
  timeoutMs: number = SOCKET.connectTimeoutMs,
): Promise<EventReply<Event>> {
  return readAnswer(await answerOf(socket, event, payload, timeoutMs), CLIENT_EVENTS[event].reply);
}

/** Returns the value of an answer. Throws the server's refusal as a MeshError, or `malformed` if the answer does not match `schema`. */
export function readAnswer<Value>(answer: unknown, schema: ZodType<Value>): Value {
  const parsed = answerSchema.safeParse(answer);
  if (parsed.success && !parsed.data.ok) throw MeshError.from(parsed.data.error);
  const value = schema.safeParse(parsed.data?.ok ? parsed.data.value : undefined);
  if (value.success) return value.data;
  throw MeshError.malformed('The server sent an answer that this page does not understand.');
}

const answerSchema = z.discriminatedUnion('ok', [
  z.strictObject({ ok: z.literal(true), value: z.unknown() }),
  z.strictObject({ ok: z.literal(false), error: wireErrorSchema }),
]);

async function answerOf(socket: SignalingSocket, event: string, payload: unknown, timeoutMs: number): Promise<unknown> {
  // The typed form resolves to `any`; the caller validates the answer.
  const untyped: Socket = socket;
  try {
    return await untyped.timeout(timeoutMs).emitWithAck(event, payload);
  } catch (cause) {
    throw unreachable(socketUrl(socket), cause);
  }
}

/** Validates the server's events and passes them on. */
export function subscribe(socket: SignalingSocket, onEvent: (event: ServerEvent) => void): void {
  const checked =
    <T>(schema: ZodType<T>, toEvent: (value: T) => ServerEvent) =>
    (payload: unknown) => {
      const parsed = schema.safeParse(payload);
      // Created only when needed: capturing a stack trace is expensive in V8.
      if (parsed.success) onEvent(toEvent(parsed.data));
      else
        onEvent({
          kind: 'refused',
          error: MeshError.malformed('The server sent an event that this page does not understand.'),
        });
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
  const { origin } = globalThis as { origin?: string };
  const advice =
    origin === 'null'
      ? 'This page has no origin of its own: add allow-same-origin to the sandbox attribute of its frame, or let the server allow all origins (ALLOWED_ORIGINS=*).'
      : "Check the address, that the server runs, and that it allows this page's origin.";
  return new MeshError('signaling-unreachable', `The P2C2R server at ${url} does not answer. ${advice}`, { cause });
}

/** The same where this page itself is the cause. */
export function stoppedByPolicy(url: string): MeshError {
  const { host } = new URL(url);
  const { protocol } = new URL(url.replace(/^ws/i, 'http'));
  const sources = `${protocol}//${host} ${protocol.replace('http', 'ws')}//${host}`;
  const message = `This page's Content-Security-Policy stops the connection to the P2C2R server: its connect-src must allow ${sources}.`;
  return new MeshError('signaling-unreachable', message);
}

function socketUrl(socket: SignalingSocket): string {
  // `uri` belongs to socket.io's Manager, whose type declares it private.
  return (socket.io as unknown as { readonly uri: string }).uri;
}
