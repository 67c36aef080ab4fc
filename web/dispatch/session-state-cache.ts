import { totalBytes } from '../../shared/bytes.ts';
import type { Clock } from '../../shared/clock.ts';
import { MeshError } from '../../shared/errors.ts';
import type { TaskSession } from '../../shared/messages.ts';
import { SESSIONS } from './model-sessions.ts';

/** Bounds of what a volunteer keeps for one gamer between the calls of its sessions. The oldest goes first. */
export const SESSION_STATE_LIMITS = {
  maxSessions: 8,
  /** Bytes of all sessions together: the largest result of `infer`. */
  maxBytes: 64 * 1024 * 1024,
} as const;

interface Kept {
  readonly attachments: readonly Uint8Array[];
  readonly sizeBytes: number;
  readonly stopTimer: () => void;
}

/**
 * A volunteer's side of sessions: the attachments of the last result of each, which the next call may go on from without sending them again. They
 * are kept for that one call, for as long as the link lives and the gamer remembers the session, and may be dropped at any time: the gamer has
 * them too.
 */
export class SessionStateCache {
  readonly #clock: Pick<Clock, 'after'>;
  /** By the gamer's name for the session, the oldest first. */
  readonly #kept = new Map<number, Kept>();

  constructor(clock: Pick<Clock, 'after'>) {
    this.#clock = clock;
  }

  get sizeBytes(): number {
    let sizeBytes = 0;
    for (const kept of this.#kept.values()) sizeBytes += kept.sizeBytes;
    return sizeBytes;
  }

  /** The attachments of a call, with those that were kept for it; null where these are gone. Throws MeshError `malformed`. */
  complete({ id, kept }: TaskSession, sent: Uint8Array[]): Uint8Array[] | null {
    const state = this.#kept.get(id)?.attachments;
    this.#forget(id);
    if (kept.length === 0) return sent;
    if (!state) return null;
    const places = new Map(kept.map(({ at, output }) => [at, state[output]]));
    const rest = sent.values();
    const whole = Array.from({ length: kept.length + sent.length }, (_, at) =>
      places.has(at) ? places.get(at) : rest.next().value,
    ).filter((attachment) => attachment !== undefined);
    if (whole.length === kept.length + sent.length) return whole;
    throw MeshError.malformed('A call of a session arrived that does not fit what was kept for it.');
  }

  /** Keeps a result for the next call. */
  keep(id: number, attachments: readonly Uint8Array[]): void {
    this.#forget(id);
    const stopTimer = this.#clock.after(SESSIONS.keptMs, () => this.#forget(id));
    this.#kept.set(id, { attachments, sizeBytes: totalBytes(attachments), stopTimer });
    for (const oldest of this.#kept.keys()) {
      if (this.#kept.size <= SESSION_STATE_LIMITS.maxSessions && this.sizeBytes <= SESSION_STATE_LIMITS.maxBytes) break;
      this.#forget(oldest);
    }
  }

  clear(): void {
    for (const id of [...this.#kept.keys()]) this.#forget(id);
  }

  #forget(id: number): void {
    this.#kept.get(id)?.stopTimer();
    this.#kept.delete(id);
  }
}
