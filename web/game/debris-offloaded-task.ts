import type { OffloadedTask } from './offloaded-task.ts';
import type { DebrisField, StretchPlan } from './simulation/debris-field.ts';

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
