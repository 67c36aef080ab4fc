import type { Clock } from '../../shared/clock.ts';
import { OffloadedDebris } from './debris-offloaded-task.ts';
import { OffloadedPathfinding } from './drone-offloaded-task.ts';
import { OffloadedTask } from './offloaded-task.ts';
import type { Answer, Question, RacePart } from './parts.ts';
import { OffloadedSteering } from './ship-offloaded-task.ts';
import type { Race } from './simulation/race.ts';

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
