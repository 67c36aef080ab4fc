import { type LogFields, logger } from '../../../shared/log.ts';
import type { Where } from '../../../shared/tasks/definition.ts';
import { QUALITIES } from '../../../shared/tasks/upscale.ts';
import { type Forecast, oldestPictureMs } from './side-forecast.ts';
import type { Side } from './stream-statistics.ts';

const log = logger('stream.side');

/** `auto` changes sides only if the new picture is younger than this share of the current one's age, so that it does not flap. */
export const SWITCH_RATIO = 0.85;
/** `auto` prefers a better quality if its pictures are older by at most this, ms: players feel a longer delay... */
export const MAX_EXTRA_AGE_MS = 50;
/** ...and come at intervals at most this many times as long. */
const MAX_INTERVAL_RATIO = 1.2;

export interface Situation {
  where: Where;
  /** Null until this machine was measured. */
  local: Forecast | null;
  /** Null while no volunteer is ready. */
  volunteer: (Forecast & { name: string }) | null;
}

export interface Decision {
  running: Side;
  /** One sentence for the user. */
  why: string;
}

/** Why a side runs, for the log. */
type SideCause = 'asked' | 'no-volunteer' | 'not-measured' | 'better-quality' | 'fresher';

/**
 * Decides which side upscales the frames, without flapping. Of two sides with the same quality, the one with the fresher picture runs. A
 * side with the better quality runs even if the other one is fresher, which may be only because it does less; but not if its pictures
 * come much less often or are much older. Each side has already lowered its quality to what keeps up, and in a game a late picture is
 * no better picture.
 */
export class SideChoice {
  #running: Side = 'local';
  /** Why the present side runs. */
  #cause: SideCause | null = null;

  decide({ where, local, volunteer }: Situation): Decision {
    if (where === 'local') return this.#settle('local', 'asked', 'You chose to sharpen frames on this computer.');
    if (!volunteer) {
      return this.#settle(
        'local',
        'no-volunteer',
        'No volunteer is ready yet, so this computer sharpens the frames meanwhile.',
      );
    }
    if (where === 'volunteers')
      return this.#settle('volunteers', 'asked', `You chose volunteers; ${volunteer.name} is helping.`);
    if (!local) {
      return this.#settle(
        'volunteers',
        'not-measured',
        `${volunteer.name} is helping; this computer's own speed is not known yet.`,
      );
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
      return this.#settle(
        better,
        'better-quality',
        `Better ${better === 'local' ? `${here}, ${there}` : `${there}, ${here}`}.`,
      );
    }
    const [currentMs, otherMs] =
      this.#running === 'local' ? [localAgeMs, volunteerAgeMs] : [volunteerAgeMs, localAgeMs];
    const running = otherMs < SWITCH_RATIO * currentMs ? otherThan(this.#running) : this.#running;
    const volunteerText = `${volunteer.name} ${Math.round(volunteerAgeMs)} ms`;
    const localText = `this computer ${Math.round(localAgeMs)} ms`;
    const why =
      running === 'local'
        ? `Fresher here: ${localText}, ${volunteerText}.`
        : `Fresher from a volunteer: ${volunteerText}, ${localText}.`;
    return this.#settle(running, 'fresher', why, { localAgeMs, volunteerAgeMs });
  }

  /** The side that has the better quality and keeps up; null if there is none. */
  #better(local: Forecast, volunteer: Forecast): Side | null {
    if (local.quality === null || volunteer.quality === null || local.quality === volunteer.quality) return null;
    const isLocal = QUALITIES.indexOf(local.quality) > QUALITIES.indexOf(volunteer.quality);
    const [side, better, worse] = isLocal
      ? (['local', local, volunteer] as const)
      : (['volunteers', volunteer, local] as const);
    // The side that runs already may be a little worse than one that would take over; otherwise it would flap at the limit.
    const slack = this.#running === side ? 1 / SWITCH_RATIO : 1;
    const isOftenEnough = better.intervalMs <= slack * MAX_INTERVAL_RATIO * worse.intervalMs;
    const extraAgeMs = oldestPictureMs(better) - oldestPictureMs(worse);
    return isOftenEnough && extraAgeMs <= slack * MAX_EXTRA_AGE_MS ? side : null;
  }

  #settle(running: Side, cause: SideCause, why: string, ages: LogFields = {}): Decision {
    if (running !== this.#running) log.info('switched', { from: this.#running, to: running, cause, ...ages });
    else if (cause !== this.#cause) log.debug('kept', { running, cause, ...ages });
    this.#running = running;
    this.#cause = cause;
    return { running, why };
  }
}

function otherThan(side: Side): Side {
  return side === 'local' ? 'volunteers' : 'local';
}
