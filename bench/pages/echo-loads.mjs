import { client } from './gamer.mjs';
import { freshBytes } from './payload.mjs';

/** @typedef {import('../../web/sdk/types.ts').TaskOptions} TaskOptions */

/**
 * @typedef {object} Load
 * @property {number} sizeBytes of each echo
 * @property {number} window echoes outstanding at any time
 * @property {number} durationMs
 */

/**
 * Echoes over a bare channel: each that comes back sends the next.
 * @param {RTCDataChannel} channel
 * @param {Load} load
 * @returns {Promise<number>} echoes a second
 */
export function bareRate(channel, { sizeBytes, window, durationMs }) {
  return new Promise((resolve) => {
    const startedMs = performance.now();
    let done = 0;
    let outstanding = window;
    channel.onmessage = () => {
      done++;
      const elapsedMs = performance.now() - startedMs;
      if (elapsedMs < durationMs) channel.send(freshBytes(sizeBytes));
      else if (--outstanding === 0) resolve((1_000 * done) / elapsedMs);
    };
    for (let index = 0; index < window; index++) channel.send(freshBytes(sizeBytes));
  });
}

/**
 * Echo tasks submitted one by one: each that ends submits the next.
 * @param {Load} load
 * @param {TaskOptions} [options]
 * @returns {Promise<number>} tasks a second
 */
export async function taskRate({ sizeBytes, window, durationMs }, options) {
  const startedMs = performance.now();
  let done = 0;
  const lane = async () => {
    while (performance.now() - startedMs < durationMs) {
      await client().submitTask('echo', { bytes: freshBytes(sizeBytes) }, options).result;
      done++;
    }
  };
  await Promise.all(Array.from({ length: window }, lane));
  return (1_000 * done) / (performance.now() - startedMs);
}

/**
 * The same in batches: each batch that has ended submits the next.
 * @param {Load & { batch: number }} load `window` / `batch` batches are outstanding
 * @param {TaskOptions} [options]
 * @returns {Promise<number>} tasks a second
 */
export async function batchRate({ sizeBytes, window, batch, durationMs }, options = {}) {
  const startedMs = performance.now();
  let done = 0;
  const lane = async () => {
    while (performance.now() - startedMs < durationMs) {
      const items = Array.from({ length: batch }, () => ({
        type: /** @type {const} */ ('echo'),
        input: { bytes: freshBytes(sizeBytes) },
        options,
      }));
      await Promise.all(
        client()
          .submitTasksBatch(items)
          .map(({ result }) => result),
      );
      done += batch;
    }
  };
  await Promise.all(Array.from({ length: window / batch }, lane));
  return (1_000 * done) / (performance.now() - startedMs);
}

/**
 * One after another.
 * @param {number} count
 * @param {() => Promise<unknown>} echo
 * @returns {Promise<number[]>} the time of each, ms
 */
export async function roundTrips(count, echo) {
  const tripsMs = [];
  for (let turn = 0; turn < count; turn++) {
    const startedMs = performance.now();
    await echo();
    tripsMs.push(performance.now() - startedMs);
  }
  return tripsMs;
}

/** @param {RTCDataChannel} channel @param {number} sizeBytes */
export function bareEcho(channel, sizeBytes) {
  return new Promise((resolve) => {
    channel.onmessage = resolve;
    channel.send(freshBytes(sizeBytes));
  });
}

/** @param {number} sizeBytes @param {TaskOptions} [options] */
export function taskEcho(sizeBytes, options) {
  return client().submitTask('echo', { bytes: freshBytes(sizeBytes) }, options).result;
}
