import { roundTrips } from './echo-loads.mjs';
import { client, connect } from './gamer.mjs';
import { freshPicture } from './payload.mjs';
import { inTurn, median } from './statistics.mjs';

/** @typedef {{ width: number, height: number }} Size */

/** @param {ReturnType<typeof freshPicture>} image */
const upscale = (image) => client().submitTask('upscale', { image }).result;

/**
 * Different pictures, all submitted at once.
 * @param {number} count
 * @param {Size} size
 * @returns {Promise<number>} tasks a second
 */
async function pipelined(count, { width, height }) {
  const startedMs = performance.now();
  await Promise.all(Array.from({ length: count }, () => upscale(freshPicture(width, height))));
  return (1_000 * count) / (performance.now() - startedMs);
}

/**
 * Different pictures, each when the one before it has come back.
 * @param {number} count
 * @param {Size} size
 */
async function oneByOne(count, { width, height }) {
  const startedMs = performance.now();
  for (let turn = 0; turn < count; turn++) await upscale(freshPicture(width, height));
  return (1_000 * count) / (performance.now() - startedMs);
}

/**
 * The upscale section's measurements, in a gamer's page.
 * @param {Size & { room: string, count: number, rounds: number, repeats: number }} options
 */
export async function measureUpscale({ room, count, rounds, repeats, ...size }) {
  await connect({ room });
  const rates = await inTurn({ all: () => pipelined(count, size), each: () => oneByOne(count, size) }, rounds);
  const image = freshPicture(size.width, size.height);
  await upscale(image);
  const againMs = [];
  let ranOn = '';
  for (let turn = 0; turn < repeats; turn++) {
    const startedMs = performance.now();
    ({
      timing: { ranOn },
    } = await upscale(image));
    againMs.push(performance.now() - startedMs);
  }
  const { volunteers } = client();
  return {
    pipelinedPerS: median(rates.all),
    oneByOnePerS: median(rates.each),
    againMs: median(againMs),
    ranOn: ranOn === volunteers[0]?.id ? 'the volunteer' : ranOn,
  };
}

/**
 * The rate at which one volunteer's upscaled pictures come in, always `window` of them under way, and what its first task took
 * beside later ones: for the backends section.
 * @param {Size & { room: string, window: number, durationMs: number }} options
 */
export async function measureBackend({ room, window, durationMs, width, height }) {
  await connect({ room });
  const [firstMs = Number.NaN, ...laterMs] = await roundTrips(5, () => upscale(freshPicture(width, height)));
  const startedMs = performance.now();
  let done = 0;
  const lane = async () => {
    while (performance.now() - startedMs < durationMs) {
      await upscale(freshPicture(width, height));
      done++;
    }
  };
  await Promise.all(Array.from({ length: window }, lane));
  return { perS: (1_000 * done) / (performance.now() - startedMs), firstMs, laterMs: median(laterMs) };
}
