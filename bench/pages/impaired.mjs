import { live, sleep } from './live.mjs';

/**
 * @typedef {object} Sample
 * @property {number} atMs of a clock that other processes of this machine have as well
 * @property {number} p95Ms glass to glass
 * @property {number} uplinkMs p50 of that stage
 * @property {number} uplinkKbps
 * @property {number} downlinkKbps
 * @property {number} volunteers the part of the shown frames that they gave
 */

/**
 * The stream's figures as time goes by.
 * @param {{ room: string, durationMs: number, intervalMs: number }} options
 * @returns {Promise<Sample[]>}
 */
export async function sampled({ room, durationMs, intervalMs }) {
  const { stream } = live(room);
  /** @type {Sample[]} */
  const samples = [];
  for (const untilMs = performance.now() + durationMs; performance.now() < untilMs; await sleep(intervalMs)) {
    const { glassToGlassMs, stagesMs, uplinkKbps, downlinkKbps, shares } = stream.stats();
    samples.push({
      atMs: performance.timeOrigin + performance.now(),
      p95Ms: glassToGlassMs.p95,
      uplinkMs: stagesMs.find(({ name }) => name === 'uplink')?.p50 ?? Number.NaN,
      ...{ uplinkKbps, downlinkKbps },
      volunteers: shares.reduce((sum, { share }) => sum + share, 0),
    });
  }
  return samples;
}
