/** Longest delay of the sound, s. A picture that is later than this is of a stream that stands still. */
export const MAX_DELAY_S = 1;

/** A change of the delay changes the pitch meanwhile; 1 % is a sixth of a half tone, which is not noticed in speech, effects or music. */
const SLEW_S_PER_S = 0.01;
/** The measured delay of the picture varies by this much from one figure to the next, s. It is far from what ears and eyes tell apart. */
const TOLERATED_S = 0.008;
/** What would take longer than five seconds to slew is skipped, behind a fade, s. */
const JUMP_FROM_S = 0.05;

/** How the delay gets from what it is to what it shall be. */
export type DelayChange =
  | { kind: 'none' }
  /** On a straight line. */
  | { kind: 'slew'; fromS: number; toS: number; endsAtS: number }
  /** At once: unheard, behind a fade. */
  | { kind: 'jump'; toS: number };

/** The delay of a sound over time, which follows a target without clicks and without a pitch that is heard to change. */
export class DelayCourse {
  #fromS = 0;
  #toS = 0;
  #startsAtS = 0;
  #endsAtS = 0;

  /** The delay at a time that is not before the last change, s. */
  at(timeS: number): number {
    if (timeS >= this.#endsAtS) return this.#toS;
    const share = Math.max(0, timeS - this.#startsAtS) / (this.#endsAtS - this.#startsAtS);
    return this.#fromS + share * (this.#toS - this.#fromS);
  }

  /**
   * @param targetS - held to 0..{@link MAX_DELAY_S}; what is no number counts as 0
   * @param isSilent - nothing is heard now, so nothing need be hidden
   */
  follow(targetS: number, nowS: number, isSilent: boolean): DelayChange {
    const toS = Math.min(MAX_DELAY_S, Math.max(0, Number.isNaN(targetS) ? 0 : targetS));
    // While it is on its way, only another destination counts.
    if (Math.abs(toS - this.#toS) <= TOLERATED_S) return { kind: 'none' };
    const fromS = this.at(nowS);
    const byS = Math.abs(toS - fromS);
    const isJump = isSilent || byS > JUMP_FROM_S;
    this.#set(fromS, toS, nowS, isJump ? nowS : nowS + byS / SLEW_S_PER_S);
    return isJump ? { kind: 'jump', toS } : { kind: 'slew', fromS, toS, endsAtS: this.#endsAtS };
  }

  #set(fromS: number, toS: number, startsAtS: number, endsAtS: number): void {
    this.#fromS = fromS;
    this.#toS = toS;
    this.#startsAtS = startsAtS;
    this.#endsAtS = endsAtS;
  }
}
