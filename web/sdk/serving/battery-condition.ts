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
  #stopListening = () => {};
  #isDisposed = false;

  constructor(options: BatteryConditionOptions) {
    this.#options = options;
  }

  get hold(): Hold | null {
    const { pauseOnBattery, pauseBelowBattery } = this.#limits;
    if (!this.#battery || this.#battery.charging) return null;
    if (pauseOnBattery) return { limit: 'pauseOnBattery', why: 'on battery' };
    if (this.#battery.level >= pauseBelowBattery) return null;
    const percent = Math.round(100 * pauseBelowBattery);
    return { limit: 'pauseBelowBattery', why: `the battery is below ${percent} %` };
  }

  apply(limits: VolunteerLimits): void {
    this.#limits = limits;
    if (limits.pauseOnBattery || limits.pauseBelowBattery > 0) this.#opening ??= this.#open();
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
    const battery = await Promise.resolve(this.#options.open()).catch(() => null);
    if (!battery || this.#isDisposed) return;
    this.#battery = battery;
    const { onChange } = this.#options;
    this.#stopListening = listenTo(battery, ['chargingchange', 'levelchange'], onChange);
    onChange();
  }
}
