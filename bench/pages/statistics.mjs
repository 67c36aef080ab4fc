/**
 * @param {readonly number[]} values in any order
 * @param {number} share 0..1
 * @returns {number} NaN of nothing
 */
export function percentile(values, share) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN;
}

/** @param {readonly number[]} values */
export const median = (values) => percentile(values, 0.5);

/**
 * Runs short measurements in turn, A B C A B C ..., so that a busy moment of the machine falls on all of them. The first round
 * warms up and does not count.
 * @template {string} Name
 * @template Sample
 * @param {Record<Name, () => Promise<Sample>>} measurements
 * @param {number} rounds
 * @returns {Promise<Record<Name, Sample[]>>}
 */
export async function inTurn(measurements, rounds) {
  const names = /** @type {Name[]} */ (Object.keys(measurements));
  /** @type {[string, Sample[]][]} */
  const empty = names.map((name) => [name, []]);
  const samples = /** @type {Record<Name, Sample[]>} */ (Object.fromEntries(empty));
  for (const name of names) await measurements[name]();
  for (let round = 0; round < rounds; round++) {
    for (const name of names) samples[name].push(await measurements[name]());
  }
  return samples;
}
