import { LRUCache } from 'lru-cache';
import type { Logger } from 'pino';
import { MeshError } from '../../shared/errors.ts';
import type { Connection, SocketInfo } from '../rooms/connection.ts';
import type { Coordinator } from '../rooms/coordinator.ts';
import { type Member, type MemberObserver, type MemberRecord, memberRecordSchema } from '../rooms/member.ts';
import { type WaitingEvent, waitingEventSchema } from '../rooms/waiting-events.ts';
import { JOIN_FIRST, type LocalRequestHandler } from '../sockets/request-handler.ts';
import {
  type ClusterReply,
  type ClusterRequest,
  type OutgoingMessage,
  outgoingMessageSchema,
  RemoteConnection,
} from './messages.ts';
import type { RedisLink } from './redis-link.ts';
import { aliveOf, KEYS, keepLease, save } from './redis-state.ts';
import { StreamBudget } from './stream-budget.ts';

/** Replies kept in case a request is sent again: some seconds' worth. */
const MAX_REPLIES = 20_000;

/** Makes the coordinator of a new leader, and the handler of its requests. */
export type OpenCoordinator = (
  observer: MemberObserver,
  connect: (socket: SocketInfo) => Connection,
) => { coordinator: Coordinator; requestHandler: LocalRequestHandler };

interface Parts {
  link: RedisLink;
  /** Identifies this term of office. */
  token: string;
  openCoordinator: OpenCoordinator;
  send(message: OutgoingMessage): void;
  /** Called when the lease or Redis is lost. Changes not yet saved then never happened. */
  onLost(why: unknown): void;
  log: Logger;
  /** Of socket.io's stream; default: MAX_STREAM_BYTES. */
  maxStreamBytes?: number | undefined;
}

/**
 * One term of office of this instance as the leader, which decides for all instances. Every change is saved together with the
 * messages that announce it, before these are sent, so that a successor continues exactly where this leader stopped: nothing was
 * promised to anybody that it does not know.
 */
export class Leadership {
  readonly #coordinator: Coordinator;
  readonly #requestHandler: LocalRequestHandler;
  readonly #changed = new Map<string, Member>();
  readonly #removed = new Set<string>();
  /** Members for which other events wait than Redis knows of. */
  readonly #waiting = new Map<string, Member>();
  readonly #stream: StreamBudget;
  #outbox: OutgoingMessage[] = [];
  #saving: Promise<void> | null = null;
  #isOver = false;
  /** By request id; null while the request is in progress. A request may arrive twice, and is handled once. */
  readonly #replies = new LRUCache<string, { reply: ClusterReply | null }>({ max: MAX_REPLIES });

  constructor(private readonly parts: Parts) {
    this.#stream = new StreamBudget(parts.maxStreamBytes);
    const observer: MemberObserver = {
      memberChanged: (member) => {
        this.#changed.set(member.id, member);
        this.#scheduleSave();
      },
      memberRemoved: (id) => {
        this.#removed.add(id);
        this.#scheduleSave();
      },
      waitingChanged: (member) => {
        this.#waiting.set(member.id, member);
        this.#scheduleSave();
      },
    };
    const { coordinator, requestHandler } = parts.openCoordinator(observer, (socket) => this.#connectionTo(socket));
    this.#coordinator = coordinator;
    this.#requestHandler = requestHandler;
  }

  get requestHandler(): LocalRequestHandler {
    return this.#requestHandler;
  }

  /** Takes over the state that the last leader saved. */
  async begin(): Promise<void> {
    const { link, send, log } = this.parts;
    const { commands } = link;
    const [saved, savedWaiting, outbox] = await Promise.all([
      commands.hgetall(KEYS.members),
      commands.hgetall(KEYS.waiting),
      commands.get(KEYS.outbox),
    ]);
    // The last leader may have stopped after saving these and before sending them.
    for (const message of outgoingMessageSchema.array().parse(JSON.parse(outbox ?? '[]'))) send(message);
    const records: MemberRecord[] = [];
    for (const [id, text] of Object.entries(saved)) {
      const parsed = memberRecordSchema.safeParse(JSON.parse(text));
      if (parsed.success) records.push(parsed.data);
      else {
        log.warn({ member: id }, 'a member saved by another version of the server cannot be read');
        this.#removed.add(id);
      }
    }
    const instances = records.flatMap(({ socket }) => socket?.instance ?? []);
    const alive = await aliveOf(link.commands, instances);
    const connections = new Map<string, Connection>();
    for (const { id, socket } of records) {
      if (socket && alive.has(socket.instance)) connections.set(id, this.#connectionTo(socket));
    }
    for (const member of await this.#coordinator.restore(records, connections, readWaiting(savedWaiting))) {
      const connection = connections.get(member.id);
      if (connection) this.#requestHandler.bind(member, connection);
    }
    log.info({ members: records.length }, 'this instance is the leader now');
  }

  /** @returns false when another instance holds the lease */
  async keep(): Promise<boolean> {
    return keepLease(this.parts.link.commands, this.parts.token);
  }

  /** Treats the sockets of instances that have stopped as lost. */
  async dropSocketsOfDeadInstances(): Promise<void> {
    const sockets = this.#requestHandler.sockets();
    const instances = sockets.map(({ instance }) => instance);
    const alive = await aliveOf(this.parts.link.commands, instances);
    for (const socket of sockets) if (!alive.has(socket.instance)) this.#requestHandler.disconnected(socket);
  }

  receive(request: ClusterRequest): void {
    const known = this.#replies.get(request.id);
    if (!known) {
      this.#replies.set(request.id, { reply: null });
      void this.#replyTo(request).then((reply) => {
        this.#replies.set(request.id, { reply });
        this.#post({ kind: 'reply', to: request.from, reply });
      });
    } else if (known.reply) this.#post({ kind: 'reply', to: request.from, reply: known.reply });
  }

  /** Resolves when everything decided so far is saved and sent. */
  async settled(): Promise<void> {
    while (this.#saving && !this.#isOver) await this.#saving;
  }

  end(): void {
    this.#isOver = true;
    this.#coordinator.sessions.close();
  }

  #connectionTo(socket: SocketInfo): RemoteConnection {
    return new RemoteConnection(socket, (message) => this.#post(message));
  }

  async #replyTo(request: ClusterRequest): Promise<ClusterReply> {
    const { id, socket } = request;
    if (request.kind === 'event' && !this.#requestHandler.knows(socket.socketId)) {
      const error = new MeshError('not-invited', JOIN_FIRST).toWire();
      return { id, answer: { ok: false, error }, isUnknownSocket: true };
    }
    try {
      return { id, answer: { ok: true, value: await this.#handle(request) }, isUnknownSocket: false };
    } catch (cause) {
      return { id, answer: { ok: false, error: this.#refusalOf(cause).toWire() }, isUnknownSocket: false };
    }
  }

  #handle(request: ClusterRequest): unknown {
    const { socket } = request;
    if (request.kind === 'join') return this.#requestHandler.join(socket, request.request);
    if (request.kind === 'event') return this.#requestHandler.handle(socket, request.event, request.payload);
    this.#requestHandler.disconnected(socket);
    return null;
  }

  #refusalOf(cause: unknown): MeshError {
    if (cause instanceof MeshError) return cause;
    this.parts.log.error({ err: cause }, 'a request failed');
    return new MeshError('signaling-unreachable', 'The server failed to handle this. Try again; its log has details.', {
      cause,
    });
  }

  #post(message: OutgoingMessage): void {
    this.#outbox.push(message);
    this.#scheduleSave();
  }

  /** All changes of one turn of the event loop are saved together. */
  #scheduleSave(): void {
    if (this.#isOver) return;
    this.#saving ??= new Promise((resolve) => setImmediate(resolve)).then(() => this.#saveAll());
  }

  async #saveAll(): Promise<void> {
    const { link, token, send, onLost } = this.parts;
    try {
      while (!this.#isOver && this.#changed.size + this.#removed.size + this.#waiting.size + this.#outbox.length > 0) {
        const messages = this.#outbox;
        this.#outbox = [];
        const outbox = JSON.stringify(messages);
        const changes = { ...this.#takeChanges(), waiting: this.#takeWaiting(), outbox };
        if (!(await save(link.commands, token, changes))) return onLost('another instance is the leader now');
        for (const message of messages) send(message);
        await this.#boundStream(messages, outbox);
      }
    } catch (cause) {
      onLost(cause);
    } finally {
      this.#saving = null;
    }
  }

  async #boundStream(messages: readonly OutgoingMessage[], text: string): Promise<void> {
    const entries = messages.filter(({ kind }) => kind !== 'reply').length;
    if (entries === 0) return;
    const most = this.#stream.added(entries, Buffer.byteLength(text));
    if (most !== null) await this.parts.link.commands.xtrim(KEYS.stream, 'MAXLEN', most);
  }

  /** @returns pairs of member id and the events that wait for it; empty where none do any longer */
  #takeWaiting(): [string, string][] {
    const texts = [...this.#waiting].map(([id, member]): [string, string] => {
      const waiting = this.#coordinator.has(member) ? member.waiting : [];
      return [id, waiting.length > 0 ? JSON.stringify(waiting) : ''];
    });
    this.#waiting.clear();
    return texts;
  }

  #takeChanges(): { changed: [string, string][]; removed: string[] } {
    const present = [...this.#changed.values()].filter((member) => this.#coordinator.has(member));
    const changed = present.map((member): [string, string] => [member.id, JSON.stringify(member.record())]);
    // A member that left may have returned since, as a new one with the same id.
    const presentIds = new Set(present.map(({ id }) => id));
    const removed = [...this.#removed].filter((id) => !presentIds.has(id));
    this.#changed.clear();
    this.#removed.clear();
    return { changed, removed };
  }
}

/** What another version of the server saved, and cannot be read, is lost: its pages try again by themselves. */
function readWaiting(saved: Record<string, string>): Map<string, WaitingEvent[]> {
  const schema = waitingEventSchema.array();
  return new Map(
    Object.entries(saved).flatMap(([id, text]) => {
      const parsed = schema.safeParse(JSON.parse(text));
      return parsed.success ? [[id, parsed.data] as const] : [];
    }),
  );
}
