import { totalBytes } from '../../../shared/bytes.ts';
import type { Clock } from '../../../shared/clock.ts';
import type { NamedTensor } from '../ort/onnx-sessions.ts';

/** What is kept of conversations between their turns. */
export const KEPT = {
  conversations: 8,
  /** Of all together, bytes: eight of a model of 135 million parameters with 1,000 tokens each have 370 MB; ours have 7. */
  bytes: 128 * 1024 * 1024,
  /** A player who says nothing for this long, ms, has gone. */
  ms: 5 * 60_000,
} as const;

/** What a model has read: its tokens, and the keys and values that it computed of them. */
export interface ReadText {
  tokens: readonly number[];
  /** Each of batch x heads x tokens x width. Empty where nothing was read. */
  cache: readonly NamedTensor[];
}

interface Kept extends ReadText {
  owner: string;
  model: string;
  keptAtMs: number;
}

/**
 * Keeps what models have read, so that the next turn of a conversation reads only what is new. The oldest are dropped first, and what an owner leaves
 * behind goes with it. Nothing is lost with them but time: the messages come with each task.
 */
export class ConversationCaches {
  #kept: Kept[] = [];
  /** Answers under way, by owner. */
  readonly #underWay = new Map<string, number>();
  /** Owners that left during an answer, until that ends. */
  readonly #left = new Set<string>();
  readonly #clock: Clock;
  #stopTimer = () => {};
  #isDisposed = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /**
   * For an answer that begins: takes out what has the longest beginning of these tokens. It is cut to that, and at least one token is left to read.
   * {@link keep} is to be called when the answer ends.
   */
  take(owner: string, model: string, tokens: readonly number[]): ReadText {
    this.#underWay.set(owner, (this.#underWay.get(owner) ?? 0) + 1);
    this.#dropOld();
    let best: Kept | null = null;
    let shared = 0;
    for (const kept of this.#kept) {
      if (kept.owner !== owner || kept.model !== model) continue;
      const length = Math.min(commonLength(kept.tokens, tokens), tokens.length - 1);
      if (length > shared) [best, shared] = [kept, length];
    }
    if (!best) return { tokens: [], cache: [] };
    this.#kept.splice(this.#kept.indexOf(best), 1);
    return { tokens: tokens.slice(0, shared), cache: best.cache.map((tensor) => cutTokens(tensor, shared)) };
  }

  keep(owner: string, model: string, { tokens, cache }: ReadText): void {
    const isLeft = this.#left.has(owner);
    this.#ended(owner);
    // An answer may end after its model did, or its owner has gone.
    if (cache.length === 0 || this.#isDisposed || isLeft) return;
    this.#kept.push({ owner, model, tokens, cache, keptAtMs: this.#clock.now() });
    this.#dropOld();
  }

  /** The owner has left. Nothing is kept of its answers that are under way either. */
  forget(owner: string): void {
    if (this.#underWay.has(owner)) this.#left.add(owner);
    this.#kept = this.#kept.filter((kept) => kept.owner !== owner);
    this.#dropOld();
  }

  dispose(): void {
    this.#isDisposed = true;
    this.#kept = [];
    this.#stopTimer();
  }

  #ended(owner: string): void {
    const others = (this.#underWay.get(owner) ?? 1) - 1;
    if (others > 0) {
      this.#underWay.set(owner, others);
      return;
    }
    this.#underWay.delete(owner);
    this.#left.delete(owner);
  }

  #dropOld(): void {
    const sizeOf = ({ cache }: Kept) => totalBytes(cache.map(({ bytes }) => bytes));
    const isTooMuch = () =>
      this.#kept.length > KEPT.conversations || this.#kept.reduce((sum, kept) => sum + sizeOf(kept), 0) > KEPT.bytes;
    const leftMs = () => (this.#kept[0]?.keptAtMs ?? 0) + KEPT.ms - this.#clock.now();
    while (this.#kept.length > 0 && (isTooMuch() || leftMs() <= 0)) this.#kept.shift();
    this.#stopTimer();
    this.#stopTimer = this.#kept.length > 0 ? this.#clock.after(leftMs(), () => this.#dropOld()) : () => {};
  }
}

function commonLength(one: readonly number[], other: readonly number[]): number {
  const most = Math.min(one.length, other.length);
  for (let at = 0; at < most; at++) if (one[at] !== other[at]) return at;
  return most;
}

/** The first tokens of a cache: batch x heads x tokens x width. */
function cutTokens(tensor: NamedTensor, count: number): NamedTensor {
  const [batch = 1, heads = 1, tokens = 0, width = 1] = tensor.dims;
  if (tokens === count) return tensor;
  const rowBytes = tensor.bytes.byteLength / (batch * heads * Math.max(1, tokens));
  const bytes = new Uint8Array(rowBytes * batch * heads * count);
  for (let row = 0; row < batch * heads; row++) {
    const from = row * tokens * rowBytes;
    bytes.set(tensor.bytes.subarray(from, from + count * rowBytes), row * count * rowBytes);
  }
  return { ...tensor, dims: [batch, heads, count, width], bytes };
}
