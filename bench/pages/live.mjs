import { FrameSource, noisePainter, paintSlope } from './frame-source.mjs';
import { sdkOf } from './sdk.mjs';
import { ShownFrames } from './shown-frames.mjs';

/** @typedef {import('../../web/sdk/p2c2r.ts').GamerClient} Client */
/** @typedef {import('../../web/sdk/p2c2r.ts').FrameStream} FrameStream */
/** @typedef {{ client: Client, stream: FrameStream, source: FrameSource, shown: ShownFrames }} Live */

/**
 * @typedef {object} LiveOptions
 * @property {string} room
 * @property {number} [volunteers] waited for before the stream is opened
 * @property {import('../variants.mjs').Variant} [variant]
 * @property {RTCIceServer[]} [iceServers]
 * @property {boolean} [relayOnly]
 * @property {number} width
 * @property {number} height
 * @property {number} fps
 * @property {'slope' | 'noise'} [picture]
 * @property {number} [bitrateKbps]
 */

const PATIENCE_MS = 60_000;

/** This page's streams by their rooms. @type {Map<string, Live>} */
const streams = new Map();

/** @param {string} room @returns {Live} */
export function live(room) {
  const found = streams.get(room);
  if (!found) throw new Error(`There is no stream in ${room}: call open first.`);
  return found;
}

/** Makes this page a gamer with a stream in a room of its own. @param {LiveOptions} options */
export async function open(options) {
  const { room, volunteers = 1, variant, iceServers = [], relayOnly = false, picture = 'slope' } = options;
  const { GamerClient } = await sdkOf(variant);
  const client = await GamerClient.connect({ room, where: 'volunteers', iceServers, relayOnly });
  await client.whenReady({ volunteers, timeoutMs: PATIENCE_MS });
  const { width, height, fps, bitrateKbps } = options;
  const source = new FrameSource({ width, height, fps, paint: picture === 'noise' ? noisePainter() : paintSlope });
  const stream = await client.openStream(source.frames, {
    maxFps: 240,
    ...(bitrateKbps !== undefined && { bitrateKbps }),
  });
  document.body.append(stream.canvas);
  streams.set(room, { client, stream, source, shown: new ShownFrames(stream) });
}

/** Until volunteers alone give the pictures: this machine's own engine has been measured by then, and disturbs nobody any more. @param {string} room */
export async function settled(room) {
  const { stream } = live(room);
  const isSettled = () => stream.stats().shares.reduce((sum, { share }) => sum + share, 0) > 0.99;
  for (const startedMs = performance.now(); !isSettled(); await sleep(100)) {
    if (performance.now() - startedMs > PATIENCE_MS)
      throw new Error(`No volunteer gives the pictures: ${describe(stream)}`);
  }
}

/** @param {FrameStream} stream */
export function describe(stream) {
  return JSON.stringify(stream.stats());
}

/** @param {number} ms @returns {Promise<void>} */
export function sleep(ms) {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
