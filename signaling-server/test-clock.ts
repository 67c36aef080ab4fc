import { ManualClock } from '../shared/test-manual-clock.ts';
import type { ServerClock } from './clock.ts';

/** A manual clock with a date on it. */
export class ManualServerClock extends ManualClock implements ServerClock {
  constructor() {
    super(Date.UTC(2030, 0, 1));
  }

  epochMs(): number {
    return this.now();
  }
}
