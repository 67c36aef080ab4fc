import type { Clock } from '../../../shared/clock.ts';
import { DebrisErrand } from './debris-errand.ts';
import { DroneErrand } from './drone-errand.ts';
import { Errand } from './errand.ts';
import type { Answer, Question, RacePart } from './parts.ts';
import { ShipErrand } from './ship-errand.ts';
import type { Race } from './simulation/race.ts';

/** All that the game has others do for it. */
export class Errands {
  readonly #open: { [P in RacePart]: Errand<P> };
  readonly #ships: ShipErrand;
  readonly #drones: DroneErrand;
  readonly #debris: DebrisErrand;

  constructor(race: Race, clock: Clock, send: (question: Question<RacePart>) => void) {
    this.#open = {
      ships: new Errand('ships', clock, send),
      drones: new Errand('drones', clock, send),
      debris: new Errand('debris', clock, send),
    };
    this.#ships = new ShipErrand(race, this.#open.ships);
    this.#drones = new DroneErrand(race.drones, this.#open.drones);
    this.#debris = new DebrisErrand(race.debris, this.#open.debris);
  }

  /** Asks what is due; to be called once a frame. */
  run(): void {
    this.#ships.run();
    this.#drones.run();
    this.#debris.run();
  }

  heard(answer: Answer<RacePart>): void {
    // Sound: the page gives back the result of the part's own type of task.
    const errand: Errand<RacePart> = this.#open[answer.part] as Errand<RacePart>;
    errand.heard(answer);
  }

  dispose(): void {
    for (const errand of Object.values(this.#open)) errand.dispose();
  }
}
