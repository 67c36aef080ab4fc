import type { Clock } from '../../shared/clock.ts';
import type { Part, PartInput, PartRequest, PartResponse, PartResult, RacePart } from './messages.ts';
import type { DebrisField, StretchPlan } from './simulation/debris-field.ts';
import type { DroneSwarm } from './simulation/drone-swarm.ts';
import type { Race } from './simulation/race.ts';
import { OBSERVED, STEERING_MODEL } from './simulation/steering-observation.ts';

/** The steering policy was trained to decide 20 times a second (training/steering.py). */
const STEER_EVERY_S = 0.05;
/** Longer than the page's own timeout, so it only ends requests that a stuck page never answers. */
export const GIVE_UP_MS = 12_000;
/** Pause after a request that nobody answered. Short, so that a new volunteer is used almost at once. */
export const UNANSWERED_PAUSE_MS = 500;

/** The tasks that the race has others compute. It never waits for a result. */
export class OffloadedTasks {
  readonly #tasks: { [P in RacePart]: OffloadedTask<P> };
  readonly #steering: OffloadedSteering;
  readonly #pathfinding: OffloadedPathfinding;
  readonly #debris: OffloadedDebris;

  constructor(race: Race, clock: Clock, send: (request: PartRequest<RacePart>) => void) {
    this.#tasks = {
      ships: new OffloadedTask('ships', clock, send),
      drones: new OffloadedTask('drones', clock, send),
      debris: new OffloadedTask('debris', clock, send),
    };
    this.#steering = new OffloadedSteering(race, this.#tasks.ships);
    this.#pathfinding = new OffloadedPathfinding(race.drones, this.#tasks.drones);
    this.#debris = new OffloadedDebris(race.debris, this.#tasks.debris);
  }

  /** Requests what is due. Call it once a frame. */
  run(): void {
    this.#steering.run();
    this.#pathfinding.run();
    this.#debris.run();
  }

  receive(response: PartResponse<RacePart>): void {
    // Sound: the page returns the result of the part's own task type.
    const task = this.#tasks[response.part] as OffloadedTask<RacePart>;
    task.receive(response);
  }

  dispose(): void {
    for (const task of Object.values(this.#tasks)) task.dispose();
  }
}

interface Pending<P extends Part> {
  id: number;
  onResult(result: PartResult<P>): void;
  cancelTimer(): void;
}

/** One kind of offloaded task, with at most one request pending. After a request without a result the next one waits a moment. */
export class OffloadedTask<P extends Part> {
  readonly #part: P;
  readonly #clock: Clock;
  readonly #send: (request: PartRequest<P>) => void;
  #lastId = 0;
  #pending: Pending<P> | null = null;
  #restsUntilMs = Number.NEGATIVE_INFINITY;

  constructor(part: P, clock: Clock, send: (request: PartRequest<P>) => void) {
    this.#part = part;
    this.#clock = clock;
    this.#send = send;
  }

  /** Whether a request would be sent now. */
  get isFree(): boolean {
    return this.#pending === null && this.#clock.now() >= this.#restsUntilMs;
  }

  /** Does nothing unless {@link isFree}. */
  request(input: PartInput<P>, onResult: (result: PartResult<P>) => void): void {
    if (!this.isFree) return;
    const id = ++this.#lastId;
    const cancelTimer = this.#clock.after(GIVE_UP_MS, () => this.#end(false));
    this.#pending = { id, onResult, cancelTimer };
    this.#send({ part: this.#part, id, input });
  }

  /** Ignores a response to a request that has timed out. */
  receive({ id, result }: PartResponse<P>): void {
    const pending = this.#pending;
    if (pending?.id !== id) return;
    this.#end(result !== null);
    if (result) pending.onResult(result);
  }

  dispose(): void {
    this.#end(false);
  }

  #end(hasResult: boolean): void {
    this.#pending?.cancelTimer();
    this.#pending = null;
    if (!hasResult) this.#restsUntilMs = this.#clock.now() + UNANSWERED_PAUSE_MS;
  }
}

/** Steers all rivals by the policy network, in one task. */
class OffloadedSteering {
  readonly #race: Race;
  readonly #task: OffloadedTask<'ships'>;
  #requestedAtS = Number.NEGATIVE_INFINITY;

  constructor(race: Race, task: OffloadedTask<'ships'>) {
    this.#race = race;
    this.#task = task;
  }

  run(): void {
    const { timeS } = this.#race;
    if (timeS - this.#requestedAtS < STEER_EVERY_S || !this.#task.isFree) return;
    this.#requestedAtS = timeS;
    const data = this.#race.observeRivals();
    const observation = { type: 'float32', dims: [data.length / OBSERVED, OBSERVED], data };
    this.#task.request({ model: STEERING_MODEL, inputs: { observation } }, ({ outputs }) => {
      const controls = outputs.controls?.data;
      if (controls instanceof Float32Array) this.#race.steerRivals(controls, timeS);
    });
  }
}

/** Finds the paths of all waiting drones through the city, in one task. */
class OffloadedPathfinding {
  readonly #swarm: DroneSwarm;
  readonly #task: OffloadedTask<'drones'>;

  constructor(swarm: DroneSwarm, task: OffloadedTask<'drones'>) {
    this.#swarm = swarm;
    this.#task = task;
  }

  run(): void {
    const { grid, trips } = this.#swarm;
    if (trips.length === 0 || !this.#task.isFree) return;
    const queries = trips.map(({ start, goal }) => ({ start, goal }));
    const input = {
      grid: { width: grid.side, height: grid.side, cost: grid.cost },
      neighbours: 8 as const,
      queries,
    };
    this.#task.request(input, ({ paths }) => {
      for (const [at, trip] of trips.entries()) this.#swarm.assignPath(trip, paths[at]?.points ?? null);
    });
  }
}

/** Computes the next stretch of the flying rubble while the current one is shown. */
class OffloadedDebris {
  readonly #field: DebrisField;
  readonly #task: OffloadedTask<'debris'>;
  #requested: StretchPlan | null = null;

  constructor(field: DebrisField, task: OffloadedTask<'debris'>) {
    this.#field = field;
    this.#task = task;
  }

  run(): void {
    const { plan } = this.#field;
    if (!plan || plan === this.#requested || !this.#task.isFree) return;
    this.#requested = plan;
    this.#task.request(this.#field.taskOf(plan), (result) => this.#field.follow(plan, result));
  }
}
