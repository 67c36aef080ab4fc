import type { Clock } from '../../../shared/clock.ts';
import type { VolunteerLimits } from '../types.ts';
import { BatteryCondition } from './battery-condition.ts';
import type { Condition, Hold } from './condition.ts';
import { DailyData } from './daily-data.ts';
import { IdleCondition } from './idle-condition.ts';
import { idlePermission, type MachineSignals, openBattery, openIdleDetector, wakeLocks } from './machine-signals.ts';
import { KeepAwake } from './wake-lock.ts';
import { WeeklyHours } from './weekly-hours.ts';

/** How often the time of the day is looked at, ms: the hours are in minutes. */
const TIME_CHECK_MS = 60_000;
/** Longest wait, ms, for what tells about the machine before a volunteer starts. */
const READY_BUDGET_MS = 1_000;

export interface ServingConditionsOptions {
  clock: Clock;
  /** The date and time, with the local time zone. */
  today(): Date;
  signals: MachineSignals;
  /** {@link ServingConditions.holds} changed. */
  onChange(): void;
}

/** Everything that may hold a volunteer back, composed: it serves while nothing does. Also keeps the computer awake meanwhile. */
export class ServingConditions {
  readonly #options: ServingConditionsOptions;
  readonly #conditions: readonly Condition[];
  readonly #data: DailyData;
  readonly #awake: Pick<KeepAwake, 'isWanted' | 'dispose'>;
  #keepAwake = false;
  #isServing = false;
  #holds: readonly Hold[] = [];
  #cancelTimer = () => {};

  constructor(options: ServingConditionsOptions) {
    this.#options = options;
    const { clock, today, signals } = options;
    const onChange = () => this.#update();
    const { battery, idle, storage = pageStorage() } = signals;
    const page = typeof window === 'undefined' ? null : window;
    this.#data = new DailyData(today, storage);
    this.#conditions = [
      new BatteryCondition({ onChange, open: () => battery ?? openBattery() }),
      new IdleCondition({
        ...{ onChange, clock, page },
        detect: async (signal) => idle ?? openIdleDetector(signal),
        permission: idle ? async () => null : idlePermission,
      }),
      new WeeklyHours(today),
      this.#data,
    ];
    this.#awake = awakeBy(signals, clock);
    this.#watchTime();
  }

  /** What holds the volunteer back now: all of it. */
  get holds(): readonly Hold[] {
    return this.#holds;
  }

  /** Bytes sent and received today, local time. */
  get bytesToday(): number {
    return this.#data.bytesToday;
  }

  /** Applies limits, which the caller has checked. */
  set limits(limits: VolunteerLimits) {
    for (const condition of this.#conditions) condition.apply(limits);
    this.#keepAwake = limits.keepAwake;
    this.#updateAwake();
    this.#update();
  }

  /** Resolves when {@link holds} says what is so, or after {@link READY_BUDGET_MS}. */
  async ready(): Promise<void> {
    const timeout = new Promise<void>((resolve) => void this.#options.clock.after(READY_BUDGET_MS, resolve));
    await Promise.race([Promise.all(this.#conditions.map((condition) => condition.ready?.())), timeout]);
    this.#update();
  }

  /** Whether the volunteer serves now, for which the computer may be kept awake. */
  set isServing(isServing: boolean) {
    this.#isServing = isServing;
    this.#updateAwake();
  }

  /** @param bytes - all that were sent and received since the start */
  counted(bytes: number): void {
    this.#data.counted(bytes);
    this.#update();
  }

  dispose(): void {
    this.#cancelTimer();
    for (const condition of this.#conditions) condition.dispose?.();
    this.#awake.dispose();
  }

  #watchTime(): void {
    this.#cancelTimer = this.#options.clock.after(
      TIME_CHECK_MS - (this.#options.today().getTime() % TIME_CHECK_MS),
      () => {
        this.#watchTime();
        this.#update();
      },
    );
  }

  #update(): void {
    const holds = this.#conditions.flatMap(({ hold }) => hold ?? []);
    const isSame = holds.length === this.#holds.length && holds.every(({ why }, i) => why === this.#holds[i]?.why);
    if (isSame) return;
    this.#holds = holds;
    this.#options.onChange();
  }

  #updateAwake(): void {
    this.#awake.isWanted = this.#keepAwake && this.#isServing;
  }
}

function awakeBy({ keepAwake, battery }: MachineSignals, clock: Clock): Pick<KeepAwake, 'isWanted' | 'dispose'> {
  if (!keepAwake) {
    const page = typeof document === 'undefined' ? null : document;
    return new KeepAwake({ clock, page, locks: wakeLocks(), battery: async () => battery ?? openBattery() });
  }
  return {
    set isWanted(isWanted: boolean) {
      keepAwake(isWanted);
    },
    dispose: () => keepAwake(false),
  };
}

/** Null where storage is forbidden, as in a sandboxed frame. */
function pageStorage(): Storage | null {
  try {
    return globalThis.localStorage ?? null;
  } catch {
    return null;
  }
}
