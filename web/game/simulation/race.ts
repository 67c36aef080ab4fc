import { type Building, planCity } from './city.ts';
import { CourseItems } from './course-items.ts';
import { type Controls, Craft, HANDLING, isTouched } from './craft.ts';
import { DebrisField } from './debris-field.ts';
import { DroneSwarm } from './drone-swarm.ts';
import { clamp, type Random, wrappedDifference } from './numbers.ts';
import { Autopilot, RivalPilots } from './pilots.ts';
import { Track } from './track.ts';

const RIVALS = 4;
/** Craft closer than this touch. */
const TOUCH_M = { along: 4.6, across: 2.3 };
/** Rivals this far ahead of the player slow down, those this far behind speed up, so that there is always somebody to race. */
const COMPANY_M = 90;
const ENERGY_PER_ORB = 0.06;

/** A craft moves half a metre per step at full speed: finer than anything it can touch. */
export const STEP_MS = 1000 / 120;
/** Without input for this long the game plays itself again. */
export const ATTRACT_AFTER_MS = 15_000;

/** State of the race for the page to show. */
export interface RaceState {
  playing: boolean;
  score: number;
  bestScore: number;
  /** Counts from 1. */
  lap: number;
  lastLapS: number | null;
  /** 1 to 5. */
  place: number;
}

/**
 * The simulation of the game: a player among rivals on a closed road, in fixed steps. It plays itself while nobody plays.
 * The same seed, controls and task results give the same race.
 */
export class Race {
  readonly track: Track;
  readonly items: CourseItems;
  readonly city: readonly Building[];
  readonly drones: DroneSwarm;
  readonly debris: DebrisField;
  readonly player: Craft;
  readonly rivals: readonly Craft[];
  playing = false;
  /** Time simulated, s. */
  timeS = 0;
  bestScore = 0;
  lastLapS: number | null = null;
  /** Time since the player last took an orb. */
  sinceOrbS = Number.POSITIVE_INFINITY;
  #score = new Score();
  #lap = 1;
  #lapStartedS = 0;
  #untouchedS = 0;
  #distanceWhenStartedM = 0;
  readonly #autopilot: Autopilot;
  readonly #rivalPilots: RivalPilots;

  constructor(random: Random) {
    this.track = new Track(random);
    this.items = new CourseItems(this.track, random);
    this.city = planCity(this.track, random);
    this.drones = new DroneSwarm(this.track, this.city);
    this.debris = new DebrisField(this.track, random);
    this.player = new Craft({ distanceM: 0, lateralM: 0, speedMps: HANDLING.topSpeedMps * 0.6 });
    this.rivals = Array.from(
      { length: RIVALS },
      (_, index) => new Craft({ distanceM: 16 + index * 22, lateralM: laneM(index), speedMps: 30 }),
    );
    this.#autopilot = new Autopilot(this.track, this.items, 0);
    this.#rivalPilots = new RivalPilots(
      this.track,
      this.rivals.map((craft, index) => ({ craft, laneM: laneM(index) })),
    );
  }

  get score(): number {
    return this.#score.points;
  }

  get multiplier(): number {
    return this.#score.multiplier;
  }

  get lap(): number {
    return this.#lap;
  }

  get lapTimeS(): number {
    return this.timeS - this.#lapStartedS;
  }

  get place(): number {
    return 1 + this.rivals.filter((rival) => rival.distanceM > this.player.distanceM).length;
  }

  state(): RaceState {
    const { playing, score, bestScore, lap, lastLapS, place } = this;
    return { playing, score, bestScore, lap, lastLapS, place };
  }

  /** Input of the steering policy, a row for each rival. */
  observeRivals(): Float32Array<ArrayBuffer> {
    return this.#rivalPilots.observe([this.player, ...this.rivals]);
  }

  /** Steers the rivals as the policy says, until its output is out of date. @param seenAtS - {@link timeS} when they were observed */
  steerRivals(controls: Float32Array, seenAtS: number): void {
    this.#rivalPilots.follow(controls, seenAtS);
  }

  /** Simulates {@link STEP_MS}. */
  step(controls: Controls): void {
    const stepS = STEP_MS / 1000;
    this.timeS += stepS;
    this.#noticePlayer(controls, stepS);
    this.player.step(this.playing ? controls : this.#autopilot.drive(this.player), this.track, stepS);
    this.#driveRivals(stepS);
    this.#keepApart(stepS);
    this.drones.step(stepS, this.timeS, this.player.distanceM);
    this.debris.step(this.timeS, [this.player, ...this.rivals]);
    this.#takeItems(stepS);
    this.#countLaps();
  }

  #noticePlayer(controls: Controls, stepS: number): void {
    this.#untouchedS = isTouched(controls) ? 0 : this.#untouchedS + stepS;
    if (!this.playing && this.#untouchedS === 0) this.#restart(true);
    else if (this.playing && this.#untouchedS * 1000 >= ATTRACT_AFTER_MS) this.#restart(false);
  }

  /** Counting starts anew wherever the craft is, so that nobody waits for a start line. */
  #restart(playing: boolean): void {
    if (this.playing) this.bestScore = Math.max(this.bestScore, this.score);
    this.playing = playing;
    this.#score = new Score();
    this.#lap = 1;
    this.#lapStartedS = this.timeS;
    this.lastLapS = null;
    this.#distanceWhenStartedM = this.player.distanceM;
  }

  #driveRivals(stepS: number): void {
    this.rivals.forEach((rival, index) => {
      const leadM = rival.distanceM - this.player.distanceM;
      rival.topSpeedShare = 0.95 + 0.02 * index - 0.16 * clamp(leadM / COMPANY_M, -1, 1);
      const controls = this.#rivalPilots.drive(index, rival, this.timeS);
      if (controls) rival.step(controls, this.track, stepS);
    });
  }

  #keepApart(stepS: number): void {
    const all = [this.player, ...this.rivals];
    all.forEach((craft, index) => {
      for (const other of all.slice(index + 1)) {
        const alongM = wrappedDifference(craft.distanceM, other.distanceM, this.track.lengthM);
        const acrossM = other.lateralM - craft.lateralM;
        if (Math.abs(alongM) > TOUCH_M.along || Math.abs(acrossM) > TOUCH_M.across) continue;
        const pushM = (acrossM >= 0 ? 1 : -1) * 5 * stepS;
        other.lateralM += pushM;
        craft.lateralM -= pushM;
        const behind = alongM > 0 ? craft : other;
        behind.speedMps *= 1 - 0.5 * stepS;
      }
    });
  }

  #takeItems(stepS: number): void {
    this.items.step(stepS);
    this.#score.step(stepS);
    const taken = this.items.collect(this.player);
    this.sinceOrbS = taken > 0 ? 0 : this.sinceOrbS + stepS;
    this.#score.orbs(taken);
    this.player.energy = Math.min(1, this.player.energy + taken * ENERGY_PER_ORB);
    if (this.player.sinceScrapeS === 0) this.#score.scrape();
    for (const craft of [this.player, ...this.rivals]) if (this.items.isOnPad(craft)) craft.hitBoostPad();
  }

  #countLaps(): void {
    if (this.player.distanceM - this.#distanceWhenStartedM < this.#lap * this.track.lengthM) return;
    this.lastLapS = this.lapTimeS;
    this.#lapStartedS = this.timeS;
    this.#lap++;
    this.#score.lap();
  }
}

const laneM = (index: number): number => -4.5 + (9 * index) / (RIVALS - 1);

const ORB_POINTS = 10;
const LAP_POINTS = 500;
/** Orbs in a row that raise the multiplier by one. */
const CHAIN_STEP = 5;
const MAX_MULTIPLIER = 8;
const CHAIN_LASTS_S = 4;

/** Points of one run. Orbs in a row are worth more; touching a barrier breaks the row. */
class Score {
  points = 0;
  #chain = 0;
  #sinceOrbS = 0;

  get multiplier(): number {
    return Math.min(MAX_MULTIPLIER, 1 + Math.floor(this.#chain / CHAIN_STEP));
  }

  step(stepS: number): void {
    this.#sinceOrbS += stepS;
    if (this.#sinceOrbS > CHAIN_LASTS_S) this.#chain = 0;
  }

  orbs(count: number): void {
    if (count === 0) return;
    this.points += count * ORB_POINTS * this.multiplier;
    this.#chain += count;
    this.#sinceOrbS = 0;
  }

  lap(): void {
    this.points += LAP_POINTS;
  }

  scrape(): void {
    this.#chain = 0;
  }
}
