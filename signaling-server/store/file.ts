import { appendFile, mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Logger } from 'pino';
import type { ServerClock } from '../clock.ts';
import { type Entry, entrySchema, MemoryStore } from './memory.ts';
import {
  type Accused,
  type CountedInvite,
  type KeptCode,
  type Quota,
  type Report,
  type Reporter,
  type Reputation,
  roomDigest,
  type Store,
} from './store.ts';

/** Appended lines (about 60 bytes each, 0.7 kB for a code) after which the file is compacted, beyond twice the lines it needs. */
export const MIN_LINES_TO_COMPACT = 1_000;

const FILE_NAME = 'history.jsonl';
const OWNER_ONLY = 0o600;

type Log = Pick<Logger, 'warn' | 'error'>;

/**
 * Survives restarts: an append-only log of JSON lines in `stateDir` over a {@link MemoryStore}. When the log has grown far past
 * what the memory holds, it is rewritten beside the old one and renamed into place, so that a crash leaves one of the two intact.
 * A kill loses at most the changes of the last moment. Only one process may use a folder.
 */
export class FileStore implements Store {
  readonly #path: string;
  readonly #memory: MemoryStore;
  /** Lines not yet written. */
  #pending: string[] = [];
  #writing: Promise<void> | null = null;
  #linesInFile = 0;
  #compactAtLines: number = MIN_LINES_TO_COMPACT;

  /** @throws the file system's error when the folder cannot be used */
  static async open(stateDir: string, clock: Pick<ServerClock, 'epochMs'>, log: Log): Promise<FileStore> {
    await mkdir(stateDir, { recursive: true });
    const store = new FileStore(join(stateDir, FILE_NAME), clock, log);
    await store.#load();
    // Fails now, rather than at the first report, if the file cannot be written.
    await store.#compact();
    return store;
  }

  private constructor(
    path: string,
    private readonly clock: Pick<ServerClock, 'epochMs'>,
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

  async record(reporter: Reporter, historyId: string, report: Report): Promise<void> {
    await this.#memory.record(reporter, historyId, report);
    this.#log(['tasks', historyId, report.completed, report.failed, reporter.network]);
  }

  accused(roomKey: string): Promise<Accused> {
    return this.#memory.accused(roomDigest(roomKey));
  }

  async accuse(roomKey: string, gamerId: string, historyId: string): Promise<void> {
    await this.#memory.accuse(roomDigest(roomKey), gamerId, historyId);
    this.#log(['accused', roomDigest(roomKey), gamerId, historyId]);
  }

  async useInvite(invite: CountedInvite, sessionId: string, quota: Quota): Promise<boolean> {
    const room = roomDigest(quota.room);
    const isAdmitted = await this.#memory.useInvite(invite, sessionId, { ...quota, room });
    if (isAdmitted) this.#log(['used', invite.id, sessionId, invite.expiresAtMs, room, quota.network]);
    return isAdmitted;
  }

  async ban(id: string, expiresAtMs: number, quota: Quota): Promise<void> {
    const room = roomDigest(quota.room);
    await this.#memory.ban(id, expiresAtMs, { ...quota, room });
    this.#log(['banned', id, expiresAtMs, room, quota.network]);
  }

  isBanned(id: string): Promise<boolean> {
    return this.#memory.isBanned(id);
  }

  async keepCode(code: KeptCode, quota: Quota): Promise<void> {
    const room = roomDigest(quota.room);
    await this.#memory.keepCode(code, { ...quota, room });
    this.#log(['code', code.id, code.sealed, code.endsAtMs, room, quota.network, code.maker]);
  }

  codeOf(id: string): Promise<string | null> {
    return this.#memory.codeOf(id);
  }

  async endCode(id: string): Promise<void> {
    if ((await this.#memory.codeOf(id)) === null) return;
    await this.#memory.endCode(id);
    this.#log(['code-ended', id, this.clock.epochMs()]);
  }

  async close(): Promise<void> {
    await this.#writing;
  }

  async #load(): Promise<void> {
    let [damaged, superfluous] = [0, 0];
    for (const line of (await readIfPresent(this.#path)).split('\n')) {
      if (line === '') continue;
      const entry = parseEntry(line);
      if (!entry) damaged++;
      else if (!(await this.#memory.restore(entry))) superfluous++;
    }
    if (damaged > 0) this.log.warn({ path: this.#path, damaged }, 'damaged lines of the history file were skipped');
    if (superfluous > 0) {
      this.log.warn({ path: this.#path, superfluous }, 'lines of the history file beyond the limits were skipped');
    }
  }

  #log(entry: Entry): void {
    this.#pending.push(JSON.stringify(entry));
    this.#writing ??= this.#writeAll();
  }

  /** Writes until nothing is pending. Entries that arrive during a write are written together afterwards. */
  async #writeAll(): Promise<void> {
    while (this.#pending.length > 0) {
      try {
        if (this.#linesInFile + this.#pending.length >= this.#compactAtLines) await this.#compact();
        else await this.#append();
      } catch (cause) {
        this.log.error({ err: cause, path: this.#path }, 'cannot write the history file; a restart would lose history');
        // The entries are in memory; the next attempt compacts, and so writes everything.
        this.#pending = [];
        this.#compactAtLines = 0;
      }
    }
    // Runs in the same turn of the event loop as the last check of `#pending`, so that no entry is left behind.
    this.#writing = null;
  }

  async #append(): Promise<void> {
    const lines = this.#pending;
    this.#pending = [];
    await appendFile(this.#path, textOf(lines), { mode: OWNER_ONLY });
    this.#linesInFile += lines.length;
  }

  async #compact(): Promise<void> {
    // The memory already contains the pending entries.
    this.#pending = [];
    const lines = [...this.#memory.entries()].map((entry) => JSON.stringify(entry));
    const draft = `${this.#path}.new`;
    await writeFile(draft, textOf(lines), { mode: OWNER_ONLY });
    await rename(draft, this.#path);
    this.#linesInFile = lines.length;
    this.#compactAtLines = MIN_LINES_TO_COMPACT + 2 * lines.length;
  }
}

const textOf = (lines: readonly string[]) => lines.map((line) => `${line}\n`).join('');

/** @returns null for a line that is not an entry, for example because a crash cut it short */
function parseEntry(line: string): Entry | null {
  try {
    return entrySchema.parse(JSON.parse(line));
  } catch {
    return null;
  }
}

async function readIfPresent(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return '';
    throw cause;
  }
}
