import type { Clock } from '../../../shared/clock.ts';
import { Errand } from './errand.ts';
import type { Answer, Question } from './parts.ts';
import { ShipErrand } from './ship-errand.ts';
import type { Race } from './simulation/race.ts';

/** All that the game has others do for it. */
export class Errands {
  readonly #ships: Errand<'ships'>;
  readonly #shipErrand: ShipErrand;

  constructor(race: Race, clock: Clock, send: (question: Question) => void) {
    this.#ships = new Errand('ships', clock, send);
    this.#shipErrand = new ShipErrand(race, this.#ships);
  }

  /** Asks what is due; to be called once a frame. */
  run(): void {
    this.#shipErrand.run();
  }

  heard(answer: Answer): void {
    this.#ships.heard(answer);
  }

  dispose(): void {
    this.#ships.dispose();
  }
}
