import type { Where } from '../../../shared/tasks/definition.ts';
import { QUALITIES, type Quality } from '../../../shared/tasks/upscale.ts';
import { STREAM } from '../tuning.ts';
import type { Side } from './stream-statistics.ts';

/** What a side would do to the picture, measured or, before that, predicted. */
export interface Forecast {
  /** From a source frame to its sharp picture, ms. */
  delayMs: number;
  /** Between two sharp pictures, ms. */
  intervalMs: number;
  /** What it makes them with at this rate; null while that is not known. */
  quality: Quality | null;
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

/**
 * Decides which side sharpens the frames, and does not flap. Of two sides that make the same quality the fresher one runs. One that makes
 * a better quality runs, since the other may be fresher only for doing less; but not where its pictures come rarer or much older: each side
 * has lowered its quality to what keeps up, and for what is played a late picture is no better one.
 */
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
    const better = this.#better(local, volunteer);
    if (better) {
      const here = `'${local.quality}' on this computer`;
      const there = `'${volunteer.quality}' from ${volunteer.name}`;
      return this.#settle(better, `Better ${better === 'local' ? `${here}, ${there}` : `${there}, ${here}`}.`);
    }
    const [currentMs, otherMs] =
      this.#running === 'local' ? [localAgeMs, volunteerAgeMs] : [volunteerAgeMs, localAgeMs];
    const running = otherMs < STREAM.switchRatio * currentMs ? otherThan(this.#running) : this.#running;
    const volunteerText = `${volunteer.name} ${Math.round(volunteerAgeMs)} ms`;
    const localText = `this computer ${Math.round(localAgeMs)} ms`;
    const why =
      running === 'local'
        ? `Fresher here: ${localText}, ${volunteerText}.`
        : `Fresher from a volunteer: ${volunteerText}, ${localText}.`;
    return this.#settle(running, why);
  }

  /** The side that makes a better quality and keeps up; null: none does. */
  #better(local: Forecast, volunteer: Forecast): Side | null {
    if (local.quality === null || volunteer.quality === null || local.quality === volunteer.quality) return null;
    const isLocal = QUALITIES.indexOf(local.quality) > QUALITIES.indexOf(volunteer.quality);
    const [side, better, worse] = isLocal
      ? (['local', local, volunteer] as const)
      : (['volunteers', volunteer, local] as const);
    // Whoever runs may be worse by a little more than whoever would take over: on the edge it would flap.
    const slack = this.#running === side ? 1 / STREAM.switchRatio : 1;
    const isOften = better.intervalMs <= slack * STREAM.worthRarer * worse.intervalMs;
    const olderMs = oldestPictureMs(better) - oldestPictureMs(worse);
    return isOften && olderMs <= slack * STREAM.worthOlderMs ? side : null;
  }

  #settle(running: Side, why: string): Decision {
    this.#running = running;
    return { running, why };
  }
}

function otherThan(side: Side): Side {
  return side === 'local' ? 'volunteers' : 'local';
}

/** How old a picture on the screen gets before the next one replaces it: what both a long delay and a low rate make worse. */
export function oldestPictureMs({ delayMs, intervalMs }: Forecast): number {
  return delayMs + intervalMs;
}

/** One frame at a time, never faster than the source. */
export function localForecast(delayMs: number, fps: number, quality: Quality | null): Forecast {
  return { delayMs, intervalMs: Math.max(1000 / fps, delayMs), quality };
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
  quality: Quality | null,
): Forecast {
  const perMs = routes.reduce(
    (sum, route) => sum + 1 / Math.max(route.serviceMs, route.delayMs / STREAM.maxFramesInFlight),
    0,
  );
  return { delayMs, intervalMs: Math.max(1000 / fps, 1 / perMs), quality };
}
