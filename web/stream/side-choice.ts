import { STREAM } from '../../shared/tuning.ts';
import type { Where } from '../../shared/where.ts';
import type { Side } from './stream-statistics.ts';

/** What a side would do to the picture, measured or, before that, predicted. */
export interface Forecast {
  /** From a source frame to its sharp picture, ms. */
  delayMs: number;
  /** Between two sharp pictures, ms. */
  intervalMs: number;
}

export interface Situation {
  where: Where;
  /** Null while nothing is known of this machine. */
  local: Forecast | null;
  /** Null while no volunteer is ready. */
  volunteer: (Forecast & { name: string }) | null;
}

export interface Decision {
  running: Side;
  /** One sentence for a person. */
  why: string;
}

/** Decides which side sharpens the frames, and does not flap. */
export class SideChoice {
  #running: Side = 'local';

  decide({ where, local, volunteer }: Situation): Decision {
    if (where === 'local') return this.#settle('local', 'You chose to sharpen frames on this computer.');
    if (!volunteer) {
      return this.#settle('local', 'No volunteer is ready yet, so this computer sharpens the frames meanwhile.');
    }
    if (where === 'volunteers')
      return this.#settle('volunteers', `You chose volunteers; ${volunteer.name} is helping.`);
    if (!local) {
      return this.#settle('volunteers', `${volunteer.name} is helping; this computer's own speed is not known yet.`);
    }
    return this.#compare(local, volunteer);
  }

  #compare(local: Forecast, volunteer: Forecast & { name: string }): Decision {
    const localAgeMs = oldestPictureMs(local);
    const volunteerAgeMs = oldestPictureMs(volunteer);
    const [currentMs, otherMs] =
      this.#running === 'local' ? [localAgeMs, volunteerAgeMs] : [volunteerAgeMs, localAgeMs];
    const other = this.#running === 'local' ? 'volunteers' : 'local';
    const running = otherMs < STREAM.switchRatio * currentMs ? other : this.#running;
    const volunteerText = `${volunteer.name} ${Math.round(volunteerAgeMs)} ms`;
    const localText = `this computer ${Math.round(localAgeMs)} ms`;
    const why =
      running === 'local'
        ? `Fresher here: ${localText}, ${volunteerText}.`
        : `Fresher from a volunteer: ${volunteerText}, ${localText}.`;
    return this.#settle(running, why);
  }

  #settle(running: Side, why: string): Decision {
    this.#running = running;
    return { running, why };
  }
}

/** How old a picture on the screen gets before the next one replaces it: what both a long delay and a low rate make worse. */
export function oldestPictureMs({ delayMs, intervalMs }: Forecast): number {
  return delayMs + intervalMs;
}

/** One frame at a time, never faster than the source. */
export function localForecast(delayMs: number, fps: number): Forecast {
  return { delayMs, intervalMs: Math.max(1000 / fps, delayMs) };
}

/**
 * Frames shared by several volunteers, each with several on the way at a time; none goes faster than its slowest stage.
 *
 * @param routes - at least one.
 */
export function poolForecast(
  delayMs: number,
  routes: readonly { delayMs: number; serviceMs: number }[],
  fps: number,
): Forecast {
  const perMs = routes.reduce(
    (sum, route) => sum + 1 / Math.max(route.serviceMs, route.delayMs / STREAM.maxFramesInFlight),
    0,
  );
  return { delayMs, intervalMs: Math.max(1000 / fps, 1 / perMs) };
}
