import type { Clock } from '../../shared/clock.ts';
import type { Answer, Part, PartInput, PartResult, Question, RacePart } from './messages.ts';
import type { DebrisField, StretchPlan } from './simulation/debris-field.ts';
import type { DroneSwarm } from './simulation/drone-swarm.ts';
import type { Race } from './simulation/race.ts';
import { OBSERVED, STEERING_MODEL } from './simulation/steering-observation.ts';
import { GAME_WORK } from './tuning.ts';

/** All that the game has others do for it. */
export class OffloadedTasks {
  readonly #open: { [P in RacePart]: OffloadedTask<P> };
  readonly #ships: OffloadedSteering;
  readonly #drones: OffloadedPathfinding;
  readonly #debris: OffloadedDebris;

  constructor(race: Race, clock: Clock, send: (question: Question<RacePart>) => void) {
    this.#open = {
      ships: new OffloadedTask('ships', clock, send),
      drones: new OffloadedTask('drones', clock, send),
      debris: new OffloadedTask('debris', clock, send),
    };
    this.#ships = new OffloadedSteering(race, this.#open.ships);
    this.#drones = new OffloadedPathfinding(race.drones, this.#open.drones);
    this.#debris = new OffloadedDebris(race.debris, this.#open.debris);
  }

  /** Asks what is due; to be called once a frame. */
  run(): void {
    this.#ships.run();
    this.#drones.run();
    this.#debris.run();
  }

  heard(answer: Answer<RacePart>): void {
    // Sound: the page gives back the result of the part's own type of task.
    const errand: OffloadedTask<RacePart> = this.#open[answer.part] as OffloadedTask<RacePart>;
    errand.heard(answer);
  }

  dispose(): void {
    for (const errand of Object.values(this.#open)) errand.dispose();
  }
}

interface Open<P extends Part> {
  id: number;
  onResult(result: PartResult<P>): void;
  cancelTimer(): void;
}

/**
 * One part of the game's work, done by somebody else: one question at a time. After a question that nobody answered the next one waits
 * a moment. The game never waits for an answer.
 */
export class OffloadedTask<P extends Part> {
  readonly #part: P;
  readonly #clock: Clock;
  readonly #send: (question: Question<P>) => void;
  #asked = 0;
  #open: Open<P> | null = null;
  #restsUntilMs = Number.NEGATIVE_INFINITY;

  constructor(part: P, clock: Clock, send: (question: Question<P>) => void) {
    this.#part = part;
    this.#clock = clock;
    this.#send = send;
  }

  /** Whether a question would be asked now. */
  get isFree(): boolean {
    return this.#open === null && this.#clock.now() >= this.#restsUntilMs;
  }

  /** Does nothing unless {@link isFree}. */
  ask(input: PartInput<P>, onResult: (result: PartResult<P>) => void): void {
    if (!this.isFree) return;
    const id = ++this.#asked;
    const cancelTimer = this.#clock.after(GAME_WORK.giveUpMs, () => this.#end(false));
    this.#open = { id, onResult, cancelTimer };
    this.#send({ part: this.#part, id, input });
  }

  /** An answer to a question that was given up is not used. */
  heard({ id, result }: Answer<P>): void {
    const open = this.#open;
    if (open?.id !== id) return;
    this.#end(result !== null);
    if (result) open.onResult(result);
  }

  dispose(): void {
    this.#end(false);
  }

  #end(wasDone: boolean): void {
    this.#open?.cancelTimer();
    this.#open = null;
    if (!wasDone) this.#restsUntilMs = this.#clock.now() + GAME_WORK.restMs;
  }
}

/** Has the rivals steered by the policy, all of them in one task. */
export class OffloadedSteering {
  readonly #race: Race;
  readonly #errand: OffloadedTask<'ships'>;
  #askedAtS = Number.NEGATIVE_INFINITY;

  constructor(race: Race, errand: OffloadedTask<'ships'>) {
    this.#race = race;
    this.#errand = errand;
  }

  run(): void {
    const { timeS } = this.#race;
    if (timeS - this.#askedAtS < GAME_WORK.steerEveryS || !this.#errand.isFree) return;
    this.#askedAtS = timeS;
    const data = this.#race.observeRivals();
    const observation = { type: 'float32', dims: [data.length / OBSERVED, OBSERVED], data };
    this.#errand.ask({ model: STEERING_MODEL, inputs: { observation } }, ({ outputs }) => {
      const controls = outputs.controls?.data;
      if (controls instanceof Float32Array) this.#race.steerRivals(controls, timeS);
    });
  }
}

/** Has the drones' ways through the city found, all that wait for one in one task. */
export class OffloadedPathfinding {
  readonly #swarm: DroneSwarm;
  readonly #errand: OffloadedTask<'drones'>;

  constructor(swarm: DroneSwarm, errand: OffloadedTask<'drones'>) {
    this.#swarm = swarm;
    this.#errand = errand;
  }

  run(): void {
    const { grid, trips } = this.#swarm;
    if (trips.length === 0 || !this.#errand.isFree) return;
    const queries = trips.map(({ start, goal }) => ({ start, goal }));
    const input = {
      grid: { width: grid.side, height: grid.side, cost: grid.cost },
      neighbours: 8 as const,
      queries,
    };
    this.#errand.ask(input, ({ paths }) => {
      for (const [at, trip] of trips.entries()) this.#swarm.follow(trip, paths[at]?.points ?? null);
    });
  }
}

/** Has the next stretch of the flying rubble computed, while the one before it is shown. */
export class OffloadedDebris {
  readonly #field: DebrisField;
  readonly #errand: OffloadedTask<'debris'>;
  #asked: StretchPlan | null = null;

  constructor(field: DebrisField, errand: OffloadedTask<'debris'>) {
    this.#field = field;
    this.#errand = errand;
  }

  run(): void {
    const { plan } = this.#field;
    if (!plan || plan === this.#asked || !this.#errand.isFree) return;
    this.#asked = plan;
    this.#errand.ask(this.#field.taskOf(plan), (result) => this.#field.follow(plan, result));
  }
}
