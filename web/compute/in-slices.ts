import { COMPUTE } from './tuning.ts';

/** Looks up from the work every few milliseconds; what that throws ends it. */
export async function inSlices<T>(
  work: Iterator<unknown, T, void>,
  now: () => number,
  lookUp: () => Promise<void>,
): Promise<T> {
  let sliceStartMs = now();
  for (;;) {
    const { done, value } = work.next();
    if (done) return value;
    if (now() - sliceStartMs < COMPUTE.sliceMs) continue;
    await lookUp();
    sliceStartMs = now();
  }
}
