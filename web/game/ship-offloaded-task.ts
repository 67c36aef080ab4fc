import type { OffloadedTask } from './offloaded-task.ts';
import type { Race } from './simulation/race.ts';
import { OBSERVED, STEERING_MODEL } from './simulation/steering-observation.ts';
import { GAME_WORK } from './tuning.ts';

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
