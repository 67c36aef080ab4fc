import { readStored, type TextStore, writeStored } from '../../../shared/stored-json.ts';
import type { VolunteerLimits } from '../types.ts';
import type { Condition, Hold } from './condition.ts';

/** Where the page's origin keeps how much was sent and received today. */
const STORAGE_KEY = 'p2c2r.data-today';
const BYTES_PER_MB = 1_000_000;

interface DataOfDay {
  /** The local date, such as 2031-05-07. */
  day: string;
  bytes: number;
}

/**
 * Counts the bytes sent and received each day, and holds back when they reach the limit (`dataMBPerDay`). The count survives a reload and
 * is shared by all volunteers of this origin in this browser. It starts anew at local midnight.
 */
export class DailyData implements Condition {
  readonly #today: () => Date;
  readonly #storage: TextStore | null;
  #limitMB = 0;
  /** What this page wrote last. Where that could not be stored it lasts as long as the page. */
  #written: DataOfDay = { day: '', bytes: 0 };
  #countedBytes = 0;

  /** @param storage - null: the count does not survive a reload */
  constructor(today: () => Date, storage: TextStore | null) {
    this.#today = today;
    this.#storage = storage;
  }

  get bytesToday(): number {
    const today = dayOf(this.#today());
    // What is stored is less where a full storage refused what was written later.
    return Math.max(0, ...this.#known().flatMap(({ day, bytes }) => (day === today ? [bytes] : [])));
  }

  get hold(): Hold | null {
    if (this.#limitMB === 0 || this.bytesToday < this.#limitMB * BYTES_PER_MB) return null;
    return { limit: 'dataMBPerDay', why: `today’s data limit of ${sizeText(this.#limitMB)} is used up` };
  }

  apply({ dataMBPerDay }: VolunteerLimits): void {
    this.#limitMB = dataMBPerDay;
  }

  /** @param bytes - all that were sent and received since the page's volunteer started */
  counted(bytes: number): void {
    const newBytes = bytes - this.#countedBytes;
    this.#countedBytes = bytes;
    if (newBytes > 0) this.#write({ day: dayOf(this.#today()), bytes: this.bytesToday + newBytes });
  }

  #known(): DataOfDay[] {
    const stored = readStored(this.#storage, STORAGE_KEY);
    return isDataOfDay(stored) ? [stored, this.#written] : [this.#written];
  }

  #write(data: DataOfDay): void {
    this.#written = data;
    writeStored(this.#storage, STORAGE_KEY, data);
  }
}

function sizeText(mb: number): string {
  return mb >= 1_000 ? `${mb / 1_000} GB` : `${mb} MB`;
}

function dayOf(moment: Date): string {
  const parts = [moment.getFullYear(), moment.getMonth() + 1, moment.getDate()];
  return parts.map((part) => String(part).padStart(2, '0')).join('-');
}

function isDataOfDay(value: unknown): value is DataOfDay {
  if (typeof value !== 'object' || value === null) return false;
  const { day, bytes } = value as Partial<DataOfDay>;
  return typeof day === 'string' && typeof bytes === 'number' && bytes >= 0;
}
