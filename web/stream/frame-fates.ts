import { STREAM } from '../../shared/tuning.ts';
import type { DropCause } from './drop-cause.ts';

/**
 * What became of each frame: it was shown, or dropped for a reason, or that is not known yet; each counts once. One that was dropped on
 * its way to a volunteer may yet be shown from here, and one that was shown from here may come back, too late, from a volunteer.
 */
export class FrameFates {
  /** Of the newest frames, in the order of their numbers; null: not known yet. */
  readonly #fates = new Map<number, DropCause | 'shown' | null>();
  readonly #dropped = new Map<DropCause, number>();
  #captured = 0;
  #shown = 0;

  get captured(): number {
    return this.#captured;
  }

  get shown(): number {
    return this.#shown;
  }

  get dropped(): Record<string, number> {
    return Object.fromEntries([...this.#dropped].filter(([, count]) => count > 0));
  }

  wasCaptured(frameId: number): void {
    this.#captured++;
    this.#fates.set(frameId, null);
    for (const oldest of this.#fates.keys()) {
      if (this.#fates.size <= STREAM.maxFramesAccounted) break;
      this.#fates.delete(oldest);
    }
  }

  wasShown(frameId: number): void {
    const fate = this.#fates.get(frameId);
    if (fate === 'shown' || fate === undefined) return;
    if (fate) this.#count(fate, -1);
    this.#fates.set(frameId, 'shown');
    this.#shown++;
  }

  wasDropped(frameId: number, cause: DropCause): void {
    if (this.#fates.get(frameId) !== null) return;
    this.#fates.set(frameId, cause);
    this.#count(cause, 1);
  }

  #count(cause: DropCause, step: 1 | -1): void {
    this.#dropped.set(cause, (this.#dropped.get(cause) ?? 0) + step);
  }
}
