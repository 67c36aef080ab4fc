import { ManualClock } from '../../shared/test-manual-clock.ts';
import { nextMacrotask, Schedule, type Started, type TaskSlot, type TimeSlot } from './schedule.ts';

export const never = new AbortController().signal;

/** A schedule on a clock that the test moves. */
export function start(clock = new ManualClock()) {
  const after = (delayMs: number, callback: () => void) => clock.after(delayMs, callback);
  return new Schedule({ now: () => clock.now(), after, yieldToEventLoop: nextMacrotask });
}

/** Work that ends in its time slot. */
export function done<T, Slot extends TimeSlot = TaskSlot>(
  body: (slot: Slot) => Promise<T>,
): (slot: Slot) => Promise<Started<T>> {
  return async (slot) => {
    const value = await body(slot);
    return { isDone: true, finish: async () => value };
  };
}

/** A frame that ends in its time slot. */
export const frameDone =
  <T>(body: () => Promise<T>) =>
  () =>
    done<T, TimeSlot>(body)({ signal: never, yieldNow: nextMacrotask });
