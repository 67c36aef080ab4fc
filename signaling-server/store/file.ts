import { appendFile, mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Logger } from 'pino';
import type { ServerClock } from '../clock.ts';
import type { Accused } from '../lobby/suitability.ts';
import { STORE } from '../tuning.ts';
import { type Entry, readEntry, roomDigest } from './entry.ts';
import { MemoryStore } from './memory.ts';
import type { CountedInvite, Report, Reputation, Store } from './store.ts';

const FILE_NAME = 'history.jsonl';
const OWNER_ONLY = 0o600;

/**
 * A memory that survives a restart: every change is a line at the end of a file in `stateDir`. When the file has grown far past
 * what is remembered it is written anew beside and renamed into place, so that a crash leaves the old one or the new one. A kill
 * loses at most the changes of the last moment. One process to a folder.
 */
export class FileStore implements Store {
  readonly #path: string;
  readonly #memory: MemoryStore;
  /** Lines that are yet to be written. */
  #waiting: string[] = [];
  #writing: Promise<void> | null = null;
  /** Lines in the file. */
  #lines = 0;
  /** How many lines make it be written anew. */
  #rewriteAt: number = STORE.minLinesToRewrite;

  /** @throws the file system's error when the folder cannot be used. */
  static async open(stateDir: string, clock: Pick<ServerClock, 'epochMs'>, log: Log): Promise<FileStore> {
    await mkdir(stateDir, { recursive: true });
    const store = new FileStore(join(stateDir, FILE_NAME), clock, log);
    await store.#load();
    // Shows now, and not with the first report, whether it can be written.
    await store.#rewrite();
    return store;
  }

  private constructor(
    path: string,
    clock: Pick<ServerClock, 'epochMs'>,
    private readonly log: Log,
  ) {
    this.#path = path;
    this.#memory = new MemoryStore(clock);
  }

  reputation(historyId: string): Promise<Reputation> {
    return this.#memory.reputation(historyId);
  }

  partners(gamerId: string): Promise<ReadonlyMap<string, number>> {
    return this.#memory.partners(gamerId);
  }

  async record(gamerId: string, historyId: string, report: Report): Promise<void> {
    await this.#memory.record(gamerId, historyId, report);
    this.#keep(['tasks', historyId, report.completed, report.failed]);
  }

  accused(roomKey: string): Promise<Accused> {
    return this.#memory.accused(roomDigest(roomKey));
  }

  async accuse(roomKey: string, gamerId: string, historyId: string): Promise<void> {
    await this.#memory.accuse(roomDigest(roomKey), gamerId, historyId);
    this.#keep(['accused', roomDigest(roomKey), gamerId, historyId]);
  }

  async useInvite(invite: CountedInvite, sessionId: string): Promise<boolean> {
    const isLetIn = await this.#memory.useInvite(invite, sessionId);
    if (isLetIn) this.#keep(['used', invite.id, sessionId, invite.expiresAtMs]);
    return isLetIn;
  }

  async close(): Promise<void> {
    await this.#writing;
  }

  async #load(): Promise<void> {
    let damaged = 0;
    for (const line of (await readIfThere(this.#path)).split('\n')) {
      if (line === '') continue;
      const entry = readEntry(line);
      if (entry) await this.#memory.restore(entry);
      else damaged++;
    }
    if (damaged > 0) this.log.warn({ path: this.#path, damaged }, 'lines of what was remembered are lost');
  }

  #keep(entry: Entry): void {
    this.#waiting.push(JSON.stringify(entry));
    this.#writing ??= this.#write();
  }

  /** Until nothing waits. What comes meanwhile goes together. */
  async #write(): Promise<void> {
    while (this.#waiting.length > 0) {
      try {
        if (this.#lines + this.#waiting.length >= this.#rewriteAt) await this.#rewrite();
        else await this.#append();
      } catch (cause) {
        this.log.error({ err: cause, path: this.#path }, 'cannot keep what is remembered; a restart forgets it');
        // It is in memory, and goes with the next attempt, which writes everything.
        this.#waiting = [];
        this.#rewriteAt = 0;
      }
    }
    // In the same turn as the look at what waits: nothing can come in between and be left lying.
    this.#writing = null;
  }

  async #append(): Promise<void> {
    const lines = this.#take();
    await appendFile(this.#path, text(lines), { mode: OWNER_ONLY });
    this.#lines += lines.length;
  }

  async #rewrite(): Promise<void> {
    // What waits is in memory already.
    this.#waiting = [];
    const lines = [...this.#memory.entries()].map((entry) => JSON.stringify(entry));
    const draft = `${this.#path}.new`;
    await writeFile(draft, text(lines), { mode: OWNER_ONLY });
    await rename(draft, this.#path);
    this.#lines = lines.length;
    this.#rewriteAt = STORE.minLinesToRewrite + 2 * lines.length;
  }

  #take(): string[] {
    const lines = this.#waiting;
    this.#waiting = [];
    return lines;
  }
}

type Log = Pick<Logger, 'warn' | 'error'>;

const text = (lines: readonly string[]) => lines.map((line) => `${line}\n`).join('');

async function readIfThere(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return '';
    throw cause;
  }
}
