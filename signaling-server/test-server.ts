import { randomBytes, randomInt } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer as createTcpServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { io, type Socket } from 'socket.io-client';
import {
  type ClientToServerEvents,
  type EventAnswer,
  type Introduction,
  type Joined,
  type JoinRequest,
  type PeerGone,
  PROTOCOL_VERSION,
  type RelayedSignal,
  type ServerToClientEvents,
} from '../shared/signaling.ts';
import { readConfig } from './boot/config.ts';
import type { Config } from './boot/settings.ts';
import type { ServerClock } from './clock.ts';
import { createServer } from './server.ts';

export const newSessionKey = () => randomBytes(16).toString('base64url');

/** Only ends what hangs: a machine with two busy cores takes its time. */
const WAIT_MS = 20_000;

export const IDLE_STATUS = { load: 0, accepting: true, tasks: ['echo'], maxGamers: 8 };

/** A configuration for tests: a free port, no log, no limits and a secret of its own. */
export function testConfig(overrides: Partial<Config> = {}): Config {
  const config = readConfig(['--port', '0', '--host', '127.0.0.1', '--log-level', 'silent'], {});
  if (!config) throw new Error('readConfig returned no configuration');
  return {
    ...config,
    pagesDir: '/nonexistent',
    // Not a folder, so nothing is kept between tests.
    stateDir: '/dev/null/state',
    inviteSecret: 'a secret of at least thirty-two characters',
    // Many tests connect from one address at the same time.
    limitFactor: 0,
    ...overrides,
  };
}

/**
 * A page as the server sees it: one session key and one socket at a time, which joins when it opens. It records every message from
 * the server.
 */
export class TestPage {
  readonly introductions: Introduction[] = [];
  readonly signals: RelayedSignal[] = [];
  readonly farewells: PeerGone[] = [];
  readonly socket: Socket<ServerToClientEvents, ClientToServerEvents>;
  /** Resolves with the reason when the socket ends, unless the page itself closed it. */
  readonly ended: Promise<string>;
  #handshake: unknown;

  constructor(
    url: string,
    readonly sessionKey = newSessionKey(),
    extraHeaders: Record<string, string> = {},
  ) {
    const { origin, pathname } = new URL(url);
    this.socket = io(origin, {
      path: `${pathname}socket.io/`,
      transports: ['websocket'],
      reconnection: false,
      forceNew: true,
      autoConnect: false,
      extraHeaders,
      // A hostile page may send anything here.
      auth: (send) => send(this.#handshake as object),
    });
    this.socket.on('joined', (answer) => answer.ok && this.introductions.push(...answer.value.introductions));
    this.socket.on('introduce', (introduction) => this.introductions.push(introduction));
    this.socket.on('signal', (signal) => this.signals.push(signal));
    this.socket.on('gone', (farewell) => this.farewells.push(farewell));
    this.ended = new Promise((resolve) => {
      this.socket.on('disconnect', (why) => why !== 'io client disconnect' && resolve(why));
      this.socket.on('connect_error', ({ message }) => resolve(message));
    });
  }

  /** Sends any event with any payloads, as a hostile page could. @returns the raw answer. */
  ask<T = unknown>(event: string, ...payloads: unknown[]): Promise<EventAnswer<T>> {
    return (this.socket as Socket).timeout(WAIT_MS).emitWithAck(event, ...payloads);
  }

  /** Sends any event without asking for an answer. */
  send(event: string, ...payloads: unknown[]): void {
    (this.socket as Socket).emit(event, ...payloads);
  }

  tryJoin(request: Partial<JoinRequest> = {}): Promise<EventAnswer<Joined>> {
    const { sessionKey } = this;
    const role = request.role ?? 'gamer';
    const status = role === 'volunteer' ? { status: IDLE_STATUS } : {};
    return this.open({
      protocolVersion: PROTOCOL_VERSION,
      sessionKey,
      role,
      name: role,
      ...status,
      ...request,
    });
  }

  /** Opens a socket with any handshake, as a hostile page could. @returns the raw answer to its join. */
  open(handshake: unknown): Promise<EventAnswer<Joined>> {
    // The socket of a page that was refused or has left may still be open.
    this.socket.disconnect();
    this.#handshake = handshake;
    // Not `ended`, which an earlier socket of this page may have resolved: then nothing would be awaited, nor reach the server.
    return new Promise((resolve, reject) => {
      const forget = () => this.socket.off('joined', joined).off('connect_error', refused).off('disconnect', ended);
      const fail = (why: string) => {
        forget();
        reject(new Error(why));
      };
      const joined = (answer: EventAnswer<Joined>) => {
        forget();
        resolve(answer);
      };
      const refused = ({ message }: Error) => fail(message);
      const ended = (why: string) => fail(why);
      this.socket.on('joined', joined).on('connect_error', refused).on('disconnect', ended).connect();
    });
  }

  async join(request: Partial<JoinRequest> = {}): Promise<Joined> {
    const answer = await this.tryJoin(request);
    if (!answer.ok) throw new Error(`${answer.error.reason}: ${answer.error.message}`);
    return answer.value;
  }

  /** Sends an offer to another member. */
  signal(to: string, attempt = 0, sdp = 'v=0'): Promise<EventAnswer<null>> {
    return this.ask<null>('signal', { to, attempt, signal: { type: 'offer', sdp } });
  }

  /** Resolves once everything the server has sent so far has arrived: sockets keep the order of messages. */
  async caughtUp(): Promise<void> {
    await this.ask('no such event');
  }

  /** Stops reading from the network, as a stalled page does. */
  pauseReading(): void {
    // socket.io-client does not expose its WebSocket, which in Node is one of the `ws` package.
    const transport = this.socket.io.engine.transport as unknown as { ws: { pause(): void } };
    transport.ws.pause();
  }

  close(): void {
    this.socket.disconnect();
  }
}

/** Starts servers and pages for a test, and ends them all after it. */
export class TestBed {
  readonly #endings: (() => unknown)[] = [];

  async server(overrides: Partial<Config> = {}, clock?: ServerClock, parts: Parameters<typeof createServer>[1] = {}) {
    const server = await createServer(testConfig(overrides), { ...(clock && { clock }), ...parts });
    const running = await server.listen();
    let stopping: Promise<void> | undefined;
    const close = () => {
      stopping ??= server.close();
      return stopping;
    };
    this.#endings.push(close);
    return { ...running, close };
  }

  page(url: string, sessionKey?: string, extraHeaders?: Record<string, string>): TestPage {
    const page = new TestPage(url, sessionKey, extraHeaders);
    this.#endings.push(() => page.close());
    return page;
  }

  async folder(): Promise<string> {
    const folder = await mkdtemp(join(tmpdir(), 'p2c2r-'));
    this.#endings.push(() => rm(folder, { recursive: true }));
    return folder;
  }

  async end(): Promise<void> {
    for (const end of this.#endings.splice(0).reverse()) await end();
  }
}

/**
 * A port for a server that is started later, or again. It is below those that systems give to outgoing connections, of which tests that
 * run meanwhile open thousands: one of them could take a port that was free a moment ago.
 */
export async function keptPort(): Promise<number> {
  for (;;) {
    const port = randomInt(20_000, 32_768);
    const probe = createTcpServer().listen(port, '127.0.0.1');
    const isFree = await once(probe, 'listening').then(
      () => true,
      () => false,
    );
    if (!isFree) continue;
    probe.close();
    await once(probe, 'close');
    return port;
  }
}

/** Waits for something that another connection causes. @param what names it in the error. */
export async function eventually(what: string, holds: () => boolean | Promise<boolean>): Promise<void> {
  for (let tries = 0; tries < WAIT_MS / 10; tries++) {
    if (await holds()) return;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  throw new Error(`This did not happen within ${WAIT_MS / 1_000} s: ${what}`);
}
