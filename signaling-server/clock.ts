import { type Clock, systemClock } from '../shared/clock.ts';

/** A clock that also knows the date, which invites and TURN credentials need. */
export interface ServerClock extends Clock {
  /** Milliseconds since the Unix epoch. */
  epochMs(): number;
}

export const serverClock: ServerClock = { ...systemClock, epochMs: () => Date.now() };
