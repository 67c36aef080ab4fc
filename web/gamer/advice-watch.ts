import { useEffect, useState } from 'preact/hooks';
import type { Clock } from '../../shared/clock.ts';
import type { Cause, Slowness } from './slowness.ts';

/** How long something must be slow before it is told, ms: every start and every change of settings takes a moment. */
export const SETTLED_MS = 3_000;
/** How long it is told on after it ended, ms: a better quality that is only tried must not make it come and go. */
export const LINGER_MS = 10_000;

/** Decides when a person is told that something is slow, so that the advice neither comes too early nor flickers. */
export class AdviceWatch {
  #situation = '';
  /** What is slow, and since when, ms. */
  #since: { cause: Cause; atMs: number } | null = null;
  #told: { slowness: Slowness; lastMs: number } | null = null;
  #changesAtMs: number | null = null;
  /** What the person does not want to be told again. */
  readonly #dismissed = new Set<Cause>();

  /**
   * @param slowness - what is slow now; null when nothing is
   * @param situation - the settings and helpers it depends on, as text: once they change, what was told before holds no more
   * @returns what to tell; null for nothing
   */
  update(slowness: Slowness | null, situation: string, nowMs: number): Slowness | null {
    if (situation !== this.#situation) this.#forget();
    this.#situation = situation;
    const isWanted = slowness !== null && !this.#dismissed.has(slowness.cause);
    if (!isWanted) this.#since = null;
    else if (this.#since?.cause !== slowness.cause) this.#since = { cause: slowness.cause, atMs: nowMs };
    if (isWanted && this.#since && nowMs - this.#since.atMs >= SETTLED_MS) {
      this.#told = { slowness, lastMs: nowMs };
      this.#changesAtMs = null;
      return slowness;
    }
    if (this.#told && nowMs - this.#told.lastMs >= LINGER_MS) this.#told = null;
    const settledMs = this.#since ? this.#since.atMs + SETTLED_MS : Number.POSITIVE_INFINITY;
    const changesAtMs = Math.min(settledMs, this.#told ? this.#told.lastMs + LINGER_MS : Number.POSITIVE_INFINITY);
    this.#changesAtMs = changesAtMs < Number.POSITIVE_INFINITY ? changesAtMs : null;
    return this.#told && { ...this.#told.slowness, sentence: `A moment ago: ${this.#told.slowness.sentence}` };
  }

  /** When {@link update} tells something else although nothing else changed, ms; null for never. A still image is reported only once. */
  get changesAtMs(): number | null {
    return this.#changesAtMs;
  }

  /** The person has read it, and wants it no more until the page is opened again. */
  dismiss(): void {
    if (this.#told) this.#dismissed.add(this.#told.slowness.cause);
    this.#forget();
  }

  #forget(): void {
    this.#told = null;
    this.#since = null;
    this.#changesAtMs = null;
  }
}

/**
 * Renders the component again at a time, since what it shows depends on the time alone.
 * @param atMs - by the clock; null for never
 */
export function useRenderAt(atMs: number | null, clock: Clock): void {
  const [renders, setRenders] = useState(0);
  // A timer may fire a moment early: each render sets the next one while the time is not reached.
  useEffect(() => {
    if (atMs === null) return undefined;
    return clock.after(Math.max(0, atMs - clock.now()), () => setRenders((count) => count + 1));
  }, [atMs, renders, clock]);
}
