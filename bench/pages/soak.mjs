import { live, sleep } from './live.mjs';

/** What is under way has come back or has been given up, and the figures have told of it. */
const DRAIN_MS = 3_000;

/** @typedef {Performance & { measureUserAgentSpecificMemory(): Promise<{ bytes: number }> }} MeasuredPerformance */

/** Of this page with its workers, after a collection of garbage. @returns {Promise<number>} */
export async function memoryBytes() {
  const { bytes } = await /** @type {MeasuredPerformance} */ (performance).measureUserAgentSpecificMemory();
  return bytes;
}

/** Frames that nobody can tell the end of, once none is under way. @param {string} room */
export async function unaccounted(room) {
  const { stream, source } = live(room);
  source.pause();
  await sleep(DRAIN_MS);
  const { framesCaptured, framesPresented, framesDropped, framesLocal, framesUnsharpened } = stream.stats();
  const dropped = Object.values(framesDropped).reduce((sum, count) => sum + count, 0);
  return { framesCaptured, framesPresented, dropped, shownFromHere: framesLocal + framesUnsharpened };
}
