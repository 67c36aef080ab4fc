import { setNewest } from '../../../shared/bounded-map.ts';

/** Time, ms, in which gamers stop after the day's data is used up: what they had sent before they were told is on its way still. */
const GRACE_MS = 1_000;
/** What one link may move after that, bytes: a few messages of any kind, and no picture or task of a size that matters. */
const ALLOWED_BYTES = 256 * 1024;
/** What an idle link moves, bytes a second: two pings of some 40 bytes and their answers, and now and then a message. */
const IDLE_BYTES_PER_S = 256;

export interface DataGuardOptions {
  now(): number;
  /** A link goes on. `isRepeated`: its gamer did so before, on a connection that was ended for it. */
  onExcess(peerId: string, isRepeated: boolean): void;
}

interface Watched {
  /** Above what an idle link moves. */
  excessBytes: number;
  atMs: number;
  hasExceeded: boolean;
}

/** Gamers that are watched: each cost a handshake, so that no real volunteer meets as many in a day. */
const MAX_WATCHED = 4_096;

/**
 * Notices links that go on when the day's data is used up. A volunteer that takes no more work still receives whatever a gamer sends, and
 * what it had queued for one still leaves. A leaky bucket (ITU-T I.371) for each gamer.
 */
export class DataGuard {
  readonly #options: DataGuardOptions;
  /** When the data was used up; null while there is some. */
  #heldAtMs: number | null = null;
  /** By gamer. */
  readonly #watched = new Map<string, Watched>();

  constructor(options: DataGuardOptions) {
    this.#options = options;
  }

  set isHeld(isHeld: boolean) {
    if (isHeld === (this.#heldAtMs !== null)) return;
    this.#heldAtMs = isHeld ? this.#options.now() : null;
    this.#watched.clear();
  }

  /** @param bytes - sent or received on the gamer's link since the last call */
  moved(peerId: string, bytes: number): void {
    const nowMs = this.#options.now();
    if (this.#heldAtMs === null || nowMs - this.#heldAtMs < GRACE_MS) return;
    const { excessBytes, atMs, hasExceeded } = this.#watched.get(peerId) ?? newlyWatched(nowMs);
    const leftBytes = Math.max(0, excessBytes - (IDLE_BYTES_PER_S * (nowMs - atMs)) / 1_000) + bytes;
    const isExcess = leftBytes > ALLOWED_BYTES;
    const watched = { excessBytes: isExcess ? 0 : leftBytes, atMs: nowMs, hasExceeded: hasExceeded || isExcess };
    setNewest(this.#watched, peerId, watched, MAX_WATCHED);
    if (isExcess) this.#options.onExcess(peerId, hasExceeded);
  }
}

function newlyWatched(atMs: number): Watched {
  return { excessBytes: 0, atMs, hasExceeded: false };
}
