import { HANDLING } from '../simulation/craft.ts';
import { clamp } from '../simulation/numbers.ts';
import type { Race } from '../simulation/race.ts';
import { PLAYER, RaceEvents } from '../simulation/race-events.ts';
import type { Cue } from './cues.ts';

/** What there is to hear of the race at a moment. */
export interface RaceSound {
  /** 0 to 1, at the highest speed of a boost. */
  speedShare: number;
  isBoosting: boolean;
  /** -1 left to 1 right. */
  steer: number;
  /** What happened since the last one. */
  cues: Cue[];
}

/** An engine that changes its pitch this often glides, ms. */
const INTERVAL_MS = 50;
/** A barrier that is touched again within this time is still the same scrape, s. */
const SCRAPE_LASTS_S = 0.3;

/** The part of a race that can be heard. */
type Heard = Pick<Race, 'timeS' | 'sinceOrbS' | 'multiplier' | 'lap' | 'player' | 'rivals'>;

/** Listens to the race for the player's ears. Tells at once what happens, and else how the engine runs, 20 times a second. */
export class RaceListener {
  readonly #events = new RaceEvents();
  #toldMs = Number.NEGATIVE_INFINITY;
  #lookedS = Number.NEGATIVE_INFINITY;
  #scrapedS = Number.NEGATIVE_INFINITY;
  #wasBoosting = false;
  #lap = 1;

  /** Call after every frame's steps. @returns null where there is nothing new to hear */
  look(race: Heard, nowMs: number): RaceSound | null {
    const cues = this.#cues(race);
    if (cues.length === 0 && nowMs - this.#toldMs < INTERVAL_MS) return null;
    this.#toldMs = nowMs;
    const { speedMps, boosting, steer } = race.player;
    return { speedShare: clamp(speedMps / HANDLING.boostSpeedMps, 0, 1), isBoosting: boosting, steer, cues };
  }

  #cues(race: Heard): Cue[] {
    const { timeS, player } = race;
    const sinceS = timeS - this.#lookedS;
    const isFirst = sinceS === Number.POSITIVE_INFINITY;
    this.#lookedS = timeS;
    const cues: Cue[] = [];
    if (race.sinceOrbS < sinceS) cues.push({ kind: 'orb', step: race.multiplier });
    if (player.sinceScrapeS < sinceS) {
      if (timeS - this.#scrapedS > SCRAPE_LASTS_S) cues.push({ kind: 'scrape' });
      this.#scrapedS = timeS;
    }
    if (player.boosting && !this.#wasBoosting) cues.push({ kind: 'boost' });
    this.#wasBoosting = player.boosting;
    // Counting starts anew when somebody begins to play.
    if (race.lap > this.#lap) cues.push({ kind: 'lap' });
    this.#lap = race.lap;
    cues.push(...this.#withRivals(race));
    return isFirst ? [] : cues;
  }

  #withRivals(race: Heard): Cue[] {
    const kinds = new Set<'touch' | 'overtook' | 'overtaken'>();
    for (const { kind, other } of this.#events.look(race)) {
      if (other !== PLAYER) continue;
      if (kind === 'touched') kinds.add('touch');
      // They are told from the rival's side.
      else if (kind === 'overtook') kinds.add('overtaken');
      else if (kind === 'overtaken') kinds.add('overtook');
    }
    return [...kinds].map((kind) => ({ kind }));
  }
}
