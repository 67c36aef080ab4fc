import { FrameSource, paintSlope, picturePainter } from './frame-source.mjs';
import { sdkOf } from './sdk.mjs';
import { ShownFrames } from './shown-frames.mjs';

/** @typedef {import('../../web/sdk/p2c2r.ts').GamerClient} Client */
/** @typedef {import('../../web/sdk/p2c2r.ts').FrameStream} FrameStream */
/** @typedef {{ client: Client, stream: FrameStream, source: FrameSource, shown: ShownFrames | null }} Live */

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
 * @property {'slope' | 'detail'} [picture]
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
  const source = new FrameSource({ width, height, fps, paint: picture === 'detail' ? picturePainter() : paintSlope });
  const stream = await client.openStream(source.frames, {
    maxFps: 240,
    ...(bitrateKbps !== undefined && { bitrateKbps }),
  });
  document.body.append(stream.canvas);
  streams.set(room, { client, stream, source, shown: null });
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

/** @param {{ room: string, volunteers: number }} options */
export function ready({ room, volunteers }) {
  return live(room).client.whenReady({ volunteers, timeoutMs: PATIENCE_MS });
}

/** @param {{ room: string, fps: number }} options */
export function pace({ room, fps }) {
  live(room).source.pace(fps);
}

/** Who gives which part of the pictures, the most first. @param {string} room */
export function shares(room) {
  const { client, stream } = live(room);
  const nameOf = (/** @type {string} */ wanted) => client.volunteers.find(({ id }) => id === wanted)?.name ?? 'nobody';
  return stream
    .stats()
    .shares.map(({ volunteerId, share }) => ({ name: nameOf(volunteerId), share }))
    .sort((a, b) => b.share - a.share);
}

/** What the stream shows from now on. @param {string} room */
export function watch(room) {
  const found = live(room);
  found.shown ??= new ShownFrames(found.stream);
  found.shown.frames = [];
  return found.shown;
}

/** What it has shown since, in ms of a clock that other processes of this machine have as well. @param {string} room */
export function seen(room) {
  const { shown, source } = live(room);
  const frames = (shown?.frames ?? []).map(({ number, atMs }) => ({
    number,
    atMs: performance.timeOrigin + atMs,
    ageMs: atMs - (source.drawnAtMs.get(number) ?? Number.NaN),
  }));
  return { frames, unreadable: shown?.unreadable ?? 0 };
}

/** @param {string} room */
export async function close(room) {
  const { client, stream, shown } = live(room);
  streams.delete(room);
  await shown?.stop();
  await stream.close();
  await client.close();
}

/** @param {FrameStream} stream */
function describe(stream) {
  return JSON.stringify(stream.stats());
}

/**
 * Frames the stream presents a second. Its figures come a few times a second: exact is a count at the moment when it changes.
 * @param {{ room: string, durationMs: number }} options
 */
export async function presentedPerS({ room, durationMs }) {
  const before = await nextCount(room);
  await sleep(durationMs);
  const after = await nextCount(room);
  return (1_000 * (after.framesPresented - before.framesPresented)) / (after.atMs - before.atMs);
}

/** @param {string} room */
async function nextCount(room) {
  const { stream } = live(room);
  const { framesPresented: before } = stream.stats();
  for (;;) {
    await sleep(1);
    const { framesPresented } = stream.stats();
    if (framesPresented !== before) return { framesPresented, atMs: performance.now() };
  }
}

/** @param {number} ms @returns {Promise<void>} */
export function sleep(ms) {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
