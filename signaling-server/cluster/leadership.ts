import { LRUCache } from 'lru-cache';
import type { Logger } from 'pino';
import { MeshError } from '../../shared/errors.ts';
import type { SocketInfo } from '../rooms/connection.ts';
import type { Coordinator } from '../rooms/coordinator.ts';
import type { Connection, Member, Mirror } from '../rooms/member.ts';
import { type MemberRecord, memberRecordSchema } from '../rooms/member-record.ts';
import { JOIN_FIRST } from '../sockets/request-handler.ts';
import type { RequestHandlers } from '../sockets/request-handlers.ts';
import { CLUSTER } from '../tuning.ts';
import { FarConnection } from './far-connection.ts';
import { KEYS } from './keys.ts';
import { type Ask, type Letter, letterSchema, type Reply } from './messages.ts';
import type { RedisLink } from './redis-link.ts';
import { keepLease, save } from './redis-state.ts';

/** Makes whoever decides, with its changes and its way to sockets. */
export type OpenHandlers = (mirror: Mirror, connect: (visit: SocketInfo) => Connection) => OpenedHandlers;

interface OpenedHandlers {
  coordinator: Coordinator;
  desk: RequestHandlers;
}

interface Parts {
  link: RedisLink;
  token: string;
  openOffice: OpenHandlers;
  send(letter: Letter): void;
  /** The lease, or Redis, is lost: what is yet unsaved never was. */
  onLost(why: unknown): void;
  log: Logger;
}

/**
 * The time for which this instance decides for all. What it decides is saved before anybody hears of it, and what is about to be said
 * with it, so that whoever takes over goes on where this one ended: nothing was promised that it does not know.
 */
export class Term {
  readonly #office: OpenedHandlers;
  readonly #changed = new Map<string, Member>();
  readonly #removed = new Set<string>();
  #outbox: Letter[] = [];
  #saving: Promise<void> | null = null;
  #isOver = false;
  /** By the id of what was asked; null while it is worked on. Something may be asked twice, and is done once. */
  readonly #answers = new LRUCache<string, { reply: Reply | null }>({ max: CLUSTER.maxAnswers });

  constructor(private readonly parts: Parts) {
    const mirror: Mirror = {
      changed: (member) => {
        this.#changed.set(member.id, member);
        this.#wake();
      },
      removed: (id) => {
        this.#removed.add(id);
        this.#wake();
      },
    };
    this.#office = parts.openOffice(mirror, (visit) => new FarConnection(visit, (letter) => this.#post(letter)));
  }

  get desk(): RequestHandlers {
    return this.#office.desk;
  }

  /** Takes over what the last one left. */
  async begin(): Promise<void> {
    const { link, send, log } = this.parts;
    const [kept, outbox] = await Promise.all([link.commands.hgetall(KEYS.members), link.commands.get(KEYS.outbox)]);
    // The last one saved these, and may have ended before it sent them.
    for (const letter of letterSchema.array().parse(JSON.parse(outbox ?? '[]'))) send(letter);
    const records: MemberRecord[] = [];
    for (const [id, text] of Object.entries(kept)) {
      const parsed = memberRecordSchema.safeParse(JSON.parse(text));
      if (parsed.success) records.push(parsed.data);
      else {
        log.warn({ member: id }, 'what another version kept of a member cannot be read');
        this.#removed.add(id);
      }
    }
    const alive = await this.#alive(records.flatMap(({ visit }) => visit?.instance ?? []));
    const connections = new Map<string, Connection>();
    for (const { id, visit } of records) {
      if (visit && alive.has(visit.instance)) {
        connections.set(id, new FarConnection(visit, (letter) => this.#post(letter)));
      }
    }
    const { coordinator, desk } = this.#office;
    for (const member of await coordinator.restore(records, connections)) {
      const connection = connections.get(member.id);
      if (connection) desk.seat(member, connection);
    }
    log.info({ members: records.length }, 'this instance decides from now on');
  }

  /** @returns false when somebody else has the lease. */
  async keep(): Promise<boolean> {
    return keepLease(this.parts.link.commands, this.parts.token);
  }

  /** Takes the sockets of instances that ended for lost. */
  async dropDead(): Promise<void> {
    const visits = this.desk.visits();
    const alive = await this.#alive(visits.map(({ instance }) => instance));
    for (const visit of visits) if (!alive.has(visit.instance)) this.desk.lost(visit);
  }

  receive(ask: Ask): void {
    const known = this.#answers.get(ask.id);
    if (!known) {
      this.#answers.set(ask.id, { reply: null });
      void this.#answer(ask).then((reply) => {
        this.#answers.set(ask.id, { reply });
        this.#post({ kind: 'reply', to: ask.from, reply });
      });
    } else if (known.reply) this.#post({ kind: 'reply', to: ask.from, reply: known.reply });
  }

  /** Resolves when all that was decided is saved and sent. */
  async settled(): Promise<void> {
    while (this.#saving && !this.#isOver) await this.#saving;
  }

  end(): void {
    this.#isOver = true;
    this.#office.coordinator.close();
  }

  async #answer(ask: Ask): Promise<Reply> {
    const { id, visit } = ask;
    const { desk } = this.#office;
    if (ask.kind === 'event' && !desk.knows(visit.socketId)) {
      const error = new MeshError('not-invited', JOIN_FIRST).toWire();
      return { id, answer: { ok: false, error }, isStranger: true };
    }
    try {
      return { id, answer: { ok: true, value: await this.#act(ask) }, isStranger: false };
    } catch (cause) {
      return { id, answer: { ok: false, error: this.#refusalOf(cause).toWire() }, isStranger: false };
    }
  }

  #act(ask: Ask): unknown {
    const { desk } = this.#office;
    if (ask.kind === 'join') return desk.join(ask.visit, ask.request);
    if (ask.kind === 'event') return desk.ask(ask.visit, ask.event, ask.payload);
    desk.lost(ask.visit);
    return null;
  }

  #refusalOf(cause: unknown): MeshError {
    if (cause instanceof MeshError) return cause;
    this.parts.log.error({ err: cause }, 'an event failed');
    return new MeshError('signaling-unreachable', 'The server failed at this. Try again; its log says more.', {
      cause,
    });
  }

  async #alive(instances: readonly string[]): Promise<Set<string>> {
    const ids = [...new Set(instances)];
    if (ids.length === 0) return new Set();
    const answers = await this.parts.link.commands.mget(ids.map(KEYS.instance));
    return new Set(ids.filter((_, index) => answers[index] !== null));
  }

  #post(letter: Letter): void {
    this.#outbox.push(letter);
    this.#wake();
  }

  /** Everything of one turn of the event loop is saved together. */
  #wake(): void {
    if (this.#isOver) return;
    this.#saving ??= new Promise((resolve) => setImmediate(resolve)).then(() => this.#saveAll());
  }

  async #saveAll(): Promise<void> {
    const { link, token, send, onLost } = this.parts;
    try {
      while (!this.#isOver && this.#changed.size + this.#removed.size + this.#outbox.length > 0) {
        const letters = this.#outbox;
        this.#outbox = [];
        const isMine = await save(link.commands, token, { ...this.#takeChanges(), outbox: JSON.stringify(letters) });
        if (!isMine) return onLost('another instance decides now');
        for (const letter of letters) send(letter);
      }
    } catch (cause) {
      onLost(cause);
    } finally {
      this.#saving = null;
    }
  }

  #takeChanges(): { changed: [string, string][]; removed: string[] } {
    const present = [...this.#changed.values()].filter((member) => this.#office.coordinator.has(member));
    const changed = present.map((member): [string, string] => [member.id, JSON.stringify(member.record())]);
    // One that left may have come back since, as a new member of the same id.
    const here = new Set(present.map(({ id }) => id));
    const removed = [...this.#removed].filter((id) => !here.has(id));
    this.#changed.clear();
    this.#removed.clear();
    return { changed, removed };
  }
}
