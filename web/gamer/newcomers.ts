import { useRef } from 'preact/hooks';
import type { Clock } from '../../shared/clock.ts';
import type { VolunteerInfo } from '../sdk/types.ts';
import { useRenderAt } from './advice-watch.ts';
import type { Report } from './renderers.ts';

/** How long a volunteer that was just linked may take until its first detail, ms: codecs, a network, and its first frames. */
const GETTING_READY_MS = 15_000;

/** Which of the linked volunteers have not helped yet since they came. One that helped and then does nothing has paused. */
export class Newcomers {
  /** When each came, ms; null once it has helped. */
  readonly #came = new Map<string, number | null>();

  #changesAtMs: number | null = null;

  /**
   * @param linked - the ids of the volunteers that are linked now
   * @param helping - of those that have a share of the newest frames
   * @returns the ids of those that are getting ready
   */
  update(linked: readonly string[], helping: readonly string[], nowMs: number): string[] {
    for (const id of [...this.#came.keys()]) if (!linked.includes(id)) this.#came.delete(id);
    for (const id of linked) {
      if (helping.includes(id)) this.#came.set(id, null);
      else if (!this.#came.has(id)) this.#came.set(id, nowMs);
    }
    const newcomers = linked.filter((id) => {
      const cameMs = this.#came.get(id) ?? null;
      return cameMs !== null && nowMs - cameMs < GETTING_READY_MS;
    });
    const ends = newcomers.map((id) => (this.#came.get(id) ?? nowMs) + GETTING_READY_MS);
    this.#changesAtMs = ends.length > 0 ? Math.min(...ends) : null;
    return newcomers;
  }

  /** When the next of them counts as ready although nothing else changed, ms; null for none. */
  get changesAtMs(): number | null {
    return this.#changesAtMs;
  }
}

/** The ids of the volunteers that are getting ready, for a component. It is rendered again once one of them counts as ready. */
export function useNewcomers(volunteers: readonly VolunteerInfo[], report: Report | null, clock: Clock): string[] {
  const newcomers = useRef(new Newcomers());
  const shares = report?.kind === 'stream' ? report.stats.shares : [];
  const helping = shares.filter(({ share }) => share > 0).map(({ volunteerId }) => volunteerId);
  const gettingReady = newcomers.current.update(
    volunteers.map(({ id }) => id),
    helping,
    clock.now(),
  );
  useRenderAt(newcomers.current.changesAtMs, clock);
  return gettingReady;
}
