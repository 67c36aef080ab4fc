import type { DropCause } from '../frame.ts';
import { STREAM } from '../tuning.ts';

/** Who made of a frame what was shown of it. */
export type ShownBy = 'volunteer' | 'local' | 'nobody';

/** A frame of the source. It is sent on its way again, with a new number, while no newer one has come. */
interface Fate {
  firstId: number;
  lastId: number;
  cause: DropCause | null;
  shownBy: ShownBy | null;
}

/**
 * What becomes of each frame of the source, counted once: it is shown, or dropped for one cause, or still under way. Pictures are
 * shown in the order of their frames, so whatever is older than the one on the screen has had its chance; until then a frame that
 * one side dropped may still be shown by another, and one that fills a gap is shown whatever becomes of the volunteer's answer.
 */
export class FrameAccounting {
  readonly shown: Record<ShownBy, number> = { volunteer: 0, local: 0, nobody: 0 };
  readonly dropped = new Map<DropCause, number>();
  /** Those that may be shown yet, and before them the one on the screen; oldest first. */
  readonly #open: Fate[] = [];

  /** A new frame of the source. Its number is higher than all before. */
  began(frameId: number): void {
    this.#open.push({ firstId: frameId, lastId: frameId, cause: null, shownBy: null });
    if (this.#open.length > STREAM.maxFramesUnknown) this.#settle(this.#open.splice(0, 1));
  }

  /** The newest frame goes on its way once more. */
  again(frameId: number): void {
    const newest = this.#open.at(-1);
    if (newest) newest.lastId = frameId;
  }

  /** One way to the screen is closed to it. The first cause is told, should there be no other. */
  failed(frameId: number, cause: DropCause): void {
    const fate = this.#find(frameId);
    if (fate) fate.cause ??= cause;
  }

  /** The newest frame is not sent on its way at all. */
  refused(cause: DropCause): void {
    const newest = this.#open.pop();
    if (newest) this.#settle([{ ...newest, cause }]);
  }

  /** One that was shown as it came, and then sharpened, counts as sharpened. */
  presented(frameId: number, by: ShownBy): void {
    const fate = this.#find(frameId);
    if (!fate) return;
    this.#settle(this.#open.splice(0, this.#open.indexOf(fate)));
    if (fate.shownBy !== null && fate.shownBy !== 'nobody') return;
    if (fate.shownBy !== null) this.shown[fate.shownBy]--;
    fate.shownBy = by;
    this.shown[by]++;
  }

  #find(frameId: number): Fate | undefined {
    return this.#open.findLast(({ firstId, lastId }) => firstId <= frameId && frameId <= lastId);
  }

  #settle(fates: readonly Fate[]): void {
    for (const { shownBy, cause } of fates) {
      if (shownBy !== null) continue;
      const told = cause ?? 'late';
      this.dropped.set(told, (this.dropped.get(told) ?? 0) + 1);
    }
  }
}
