import type { VolunteerLimits } from '../types.ts';
import { type Condition, type ConditionContext, type Hold, listenTo } from './condition.ts';
import type { BatterySignal } from './machine-signals.ts';

export interface BatteryConditionOptions extends ConditionContext {
  /** Null where nothing tells about a battery. */
  open(): Promise<BatterySignal> | BatterySignal | null;
}

/** Holds back on battery: always (`pauseOnBattery`), or below a level (`pauseBelowBattery`). Mains power ends both. */
export class BatteryCondition implements Condition {
  readonly #options: BatteryConditionOptions;
  #limits: Pick<VolunteerLimits, 'pauseOnBattery' | 'pauseBelowBattery'> = {
    pauseOnBattery: false,
    pauseBelowBattery: 0,
  };
  /** Opened with the first limit that needs it. */
  #opening: Promise<void> | null = null;
  #battery: BatterySignal | null = null;
  /** The browser refused to tell about a battery. */
  #isUntold = false;
  #stopListening = () => {};
  #isDisposed = false;

  constructor(options: BatteryConditionOptions) {
    this.#options = options;
  }

  get hold(): Hold | null {
    const { pauseOnBattery, pauseBelowBattery } = this.#limits;
    const limit = pauseOnBattery ? 'pauseOnBattery' : 'pauseBelowBattery';
    // A limit that nobody can keep must not look as if it were kept.
    if (this.#isUntold && this.#isWanted)
      return { limit, why: 'this browser does not tell whether it runs on battery' };
    if (!this.#battery || this.#battery.charging) return null;
    if (pauseOnBattery) return { limit, why: 'on battery' };
    if (this.#battery.level >= pauseBelowBattery) return null;
    const percent = Math.round(100 * pauseBelowBattery);
    return { limit, why: `the battery is below ${percent} %` };
  }

  apply(limits: VolunteerLimits): void {
    this.#limits = limits;
    if (this.#isWanted && !this.#battery) this.#opening ??= this.#open();
  }

  get #isWanted(): boolean {
    return this.#limits.pauseOnBattery || this.#limits.pauseBelowBattery > 0;
  }

  async ready(): Promise<void> {
    await this.#opening;
  }

  dispose(): void {
    this.#isDisposed = true;
    this.#stopListening();
    this.#battery = null;
  }

  async #open(): Promise<void> {
    const { open, onChange } = this.#options;
    const battery = await Promise.resolve()
      .then(open)
      .catch(() => null);
    // The next limit that needs it tries again.
    this.#opening = null;
    if (this.#isDisposed) return;
    this.#battery = battery;
    this.#isUntold = battery === null;
    if (battery) this.#stopListening = listenTo(battery, ['chargingchange', 'levelchange'], onChange);
    onChange();
  }
}
