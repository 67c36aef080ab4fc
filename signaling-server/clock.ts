import { type Clock, systemClock } from '../shared/clock.ts';

/** The coordinator also signs dates, so it knows the time of day. */
export interface ServerClock extends Clock {
  /** Since the Unix epoch, ms. */
  epochMs(): number;
}

export const serverClock: ServerClock = { ...systemClock, epochMs: () => Date.now() };
