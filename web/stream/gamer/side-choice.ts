import { logger } from '../../../shared/log.ts';
import type { Where } from '../../../shared/tasks/definition.ts';
import type { Quality } from '../../../shared/tasks/upscale.ts';
import { isHelpPossible, type StreamQuality, type Transport } from '../settings.ts';
import { expectedGainDb } from './detail-tuning.ts';
import type { StreamReason, StreamReasonKind } from './stream-reason.ts';
import type { Side } from './stream-statistics.ts';

const log = logger('stream.side');

/** Expected gain, dB, from which on `auto` asks volunteers for detail: less is hardly visible, and their power is not free. */
const WORTH_ASKING_DB = 0.1;
/** Expected gain, dB, below which it stops asking: the distance keeps it from flapping. */
const WORTH_KEEPING_DB = 0.05;
/** Share of the frames that must get their detail in time: a picture that is sharp now and then flickers. */
const MIN_IN_TIME_SHARE = 0.5;

/**
 * Wait, ms, before `auto` tries volunteers again whose detail was worth less than was expected of them, and its limit. Doubled each time they did not
 * hold for {@link PROVEN_MS}.
 */
const FIRST_WAIT_MS = 10_000;
const MAX_WAIT_MS = 160_000;
const PROVEN_MS = 30_000;

/** A volunteer, as far as the choice depends on it. */
export interface HelpForecast {
  name: string;
  /** Quality of its newest frame; null before the first. */
  quality: Quality | null;
  downlinkKbps: number;
  /** Share of the frames whose detail comes while it can be shown, 0..1; null until that is known. */
  inTimeShare: number | null;
}

export interface SideInputs {
  where: Where;
  transport: Transport;
  /** As chosen. */
  quality: StreamQuality;
  nowMs: number;
  /** The quality that this machine keeps up with; null until it was measured. */
  localQuality: Quality | null;
  /** Null while no volunteer is ready. */
  volunteer: HelpForecast | null;
}

export interface SideDecision {
  running: Side;
  /** One sentence for the user. */
  reason: StreamReason;
}

/** Why a side runs, for the log. */
type SideCause = 'asked' | 'nothing-to-add' | 'no-volunteer' | 'not-measured' | 'better-picture';

/**
 * Decides whether volunteers are asked for detail, without flapping: if it is expected to add enough to what this machine does by itself. That of a
 * better network may not, since it comes from frames that a codec has coarsened, or too late. Delay does not count: the enlarged frame is shown at once
 * either way.
 */
export class SideChoice {
  #running: Side = 'local';
  /** Why the present side runs. */
  #cause: SideCause | null = null;
  #switchedMs = Number.NEGATIVE_INFINITY;
  #retryAtMs = Number.NEGATIVE_INFINITY;
  #waitMs = FIRST_WAIT_MS;

  decide({ where, transport, quality, nowMs, localQuality, volunteer }: SideInputs): SideDecision {
    if (where === 'local') {
      return this.#settle('local', 'asked', because('chosen-here', 'You chose to sharpen frames on this computer.'));
    }
    if (!isHelpPossible({ transport, quality })) {
      const text = `'${quality}' only enlarges, as this computer does by itself: volunteers have nothing to add to it.`;
      const running = where === 'volunteers' ? 'volunteers' : 'local';
      return this.#settle(running, 'nothing-to-add', because('nothing-to-add', text));
    }
    if (!volunteer) return this.#alone(where);
    const { name } = volunteer;
    if (where === 'volunteers' || transport === 'picture') {
      const text = where === 'volunteers' ? `You chose volunteers; ${name} is helping.` : `${name} is helping.`;
      return this.#settle('volunteers', 'asked', because('helping', text));
    }
    if (localQuality === null) {
      const text = `${name} is helping; this computer's own speed is not known yet.`;
      return this.#settle('volunteers', 'not-measured', because('helping', text));
    }
    return this.#compare(localQuality, volunteer, nowMs);
  }

  #alone(where: Where): SideDecision {
    if (where === 'volunteers') {
      const text = 'No volunteer is ready yet, so frames are only enlarged meanwhile.';
      return this.#settle('volunteers', 'no-volunteer', because('no-volunteer', text));
    }
    const text = 'No volunteer is ready yet, so this computer does what it can meanwhile.';
    return this.#settle('local', 'no-volunteer', because('here-meanwhile', text));
  }

  #compare(
    localQuality: Quality,
    { name, quality, downlinkKbps, inTimeShare }: HelpForecast,
    nowMs: number,
  ): SideDecision {
    if (quality === null) {
      const reason = because('getting-ready', `${name} is getting ready to help.`);
      return this.#settle(this.#running, 'not-measured', reason);
    }
    const share = inTimeShare ?? 1;
    const addedDb = share < MIN_IN_TIME_SHARE ? 0 : share * expectedGainDb(localQuality, quality, downlinkKbps);
    const isSwitching =
      this.#running === 'local' ? addedDb >= WORTH_ASKING_DB && nowMs >= this.#retryAtMs : addedDb < WORTH_KEEPING_DB;
    const running = isSwitching ? otherThan(this.#running) : this.#running;
    if (isSwitching) this.#switched(running, nowMs);
    const here = `'${localQuality}' on this computer`;
    const there = `detail by '${quality}' from ${name}`;
    const reason =
      running === 'local'
        ? because('adds-too-little', `To ${here}, ${there} would add too little.`)
        : because('adds', `${capitalized(there)} adds to ${here}.`);
    return this.#settle(running, 'better-picture', reason, { addedDb });
  }

  #switched(running: Side, nowMs: number): void {
    if (running === 'local') {
      const isProven = nowMs - this.#switchedMs >= PROVEN_MS;
      this.#waitMs = isProven ? FIRST_WAIT_MS : Math.min(2 * this.#waitMs, MAX_WAIT_MS);
      this.#retryAtMs = nowMs + this.#waitMs;
    }
    this.#switchedMs = nowMs;
  }

  #settle(running: Side, cause: SideCause, reason: StreamReason, gains: Record<string, number> = {}): SideDecision {
    if (running !== this.#running) log.info('switched', { from: this.#running, to: running, cause, ...gains });
    else if (cause !== this.#cause) log.debug('kept', { running, cause, ...gains });
    this.#running = running;
    this.#cause = cause;
    return { running, reason };
  }
}

function because(kind: StreamReasonKind, text: string): StreamReason {
  return { kind, text };
}

function otherThan(side: Side): Side {
  return side === 'local' ? 'volunteers' : 'local';
}

function capitalized(sentence: string): string {
  return sentence.charAt(0).toUpperCase() + sentence.slice(1);
}
