import type { Clock } from '../../../shared/clock.ts';
import { DroneErrand } from './drone-errand.ts';
import { Errand } from './errand.ts';
import type { Answer, Part, Question } from './parts.ts';
import { ShipErrand } from './ship-errand.ts';
import type { Race } from './simulation/race.ts';

/** All that the game has others do for it. */
export class Errands {
  readonly #open: { [P in Part]: Errand<P> };
  readonly #ships: ShipErrand;
  readonly #drones: DroneErrand;

  constructor(race: Race, clock: Clock, send: (question: Question) => void) {
    this.#open = { ships: new Errand('ships', clock, send), drones: new Errand('drones', clock, send) };
    this.#ships = new ShipErrand(race, this.#open.ships);
    this.#drones = new DroneErrand(race.drones, this.#open.drones);
  }

  /** Asks what is due; to be called once a frame. */
  run(): void {
    this.#ships.run();
    this.#drones.run();
  }

  heard(answer: Answer): void {
    // Sound: the page gives back the result of the part's own type of task.
    const errand: Errand<Part> = this.#open[answer.part] as Errand<Part>;
    errand.heard(answer);
  }

  dispose(): void {
    for (const errand of Object.values(this.#open)) errand.dispose();
  }
}
