import type { FrameStream, GamerClient } from '../../web/sdk/p2c2r.ts';
import { sum } from '../measuring.ts';
import { detailPainter, FrameSource, paintGradient, readNumber } from './frames.ts';
import { type Joining, join, PATIENCE_MS, sleep } from './gamer.ts';

/** A gamer's page with a stream of numbered frames: what it shows, as a recorder sees it, and what it says of itself. */

interface Live {
  client: GamerClient;
  stream: FrameStream;
  source: FrameSource;
}

export interface LiveOptions extends Joining {
  width: number;
  height: number;
  fps: number;
  picture?: 'gradient' | 'detail';
}

let opened: Live | null = null;

function live(): Live {
  if (!opened) throw new Error('This page has no stream: call open first.');
  return opened;
}

/** Makes this page a gamer with a stream. */
export async function open(options: LiveOptions): Promise<void> {
  const { width, height, fps, picture, ...joining } = options;
  const client = await join(joining);
  const source = new FrameSource({ width, height, fps, paint: picture === 'detail' ? detailPainter() : paintGradient });
  // These figures are about the transport: a quality that steps up and down between runs would hide it.
  const stream = await client.openStream(source.frames, { quality: 'spatial', maxFps: 240, transport: 'detail' });
  document.body.append(stream.canvas);
  opened = { client, stream, source };
}

/** Waits until that many volunteers are linked and they help with most of the frames: by then all codecs are ready. */
export async function settled(volunteers = 1): Promise<void> {
  const { client, stream } = live();
  await client.whenReady({ volunteers, timeoutMs: PATIENCE_MS });
  const untilMs = performance.now() + PATIENCE_MS;
  while (sum(stream.stats().shares.map(({ share }) => share)) <= 0.5) {
    if (performance.now() > untilMs) {
      throw new Error(`Volunteers do not help with most frames: ${JSON.stringify(stream.stats())}`);
    }
    await sleep(100);
  }
}

/** @param fps - of the source; at 0 it gives no frames */
export function set({ fps, patience }: { fps?: number; patience?: number }): void {
  const { source, stream } = live();
  if (fps !== undefined) source.fps = fps;
  if (patience !== undefined) stream.set({ patience });
}

/** Each volunteer's share of the shown frames, the largest first. */
export function shares() {
  const { client, stream } = live();
  const nameOf = (wanted: string) => client.volunteers.find(({ id }) => id === wanted)?.name ?? 'nobody';
  return stream
    .stats()
    .shares.map(({ volunteerId, share }) => ({ name: nameOf(volunteerId), share }))
    .sort((a, b) => b.share - a.share);
}

export async function close(): Promise<void> {
  const { client, stream } = live();
  opened = null;
  await stream.close();
  await client.close();
}

/** A stream's statistics change a few times a second. */
const LONGEST_UNCHANGED_MS = 500;

export type Sample = Awaited<ReturnType<typeof nextSample>>;

/** The statistics at the moment at which they change: only then they are of this moment. One that shows nothing is not waited for. */
async function nextSample({ stream }: Live) {
  const { framesPresented } = stream.stats();
  const untilMs = performance.now() + LONGEST_UNCHANGED_MS;
  while (stream.stats().framesPresented === framesPresented && performance.now() < untilMs) await sleep(1);
  return { ...stream.stats(), atMs: performance.timeOrigin + performance.now() };
}

/** The statistics as time goes by: some at the beginning, some at the end and all between them. */
export async function sample(durationMs: number): Promise<Sample[]> {
  const found = live();
  const samples = [await nextSample(found)];
  const untilMs = performance.now() + durationMs;
  while (performance.now() < untilMs) samples.push(await nextSample(found));
  return samples;
}

/** What the stream shows in this time. */
export async function see(durationMs: number): Promise<SeenFrame[]> {
  const { stream, source } = live();
  const shown = new ShownFrames(stream.track, source);
  await sleep(durationMs);
  await shown.stop();
  return shown.frames;
}

/** What is seen of such a source if it is drawn on a canvas twice as large as it comes, without a stream. */
export async function seeAlone(
  { width, height, fps }: Pick<LiveOptions, 'width' | 'height' | 'fps'>,
  durationMs: number,
): Promise<SeenFrame[]> {
  const canvas = Object.assign(document.createElement('canvas'), { width: 2 * width, height: 2 * height });
  const [track] = canvas.captureStream().getVideoTracks();
  // Drawn through an OffscreenCanvas, as a stream's is: capturing another kind takes another time.
  const context = canvas.transferControlToOffscreen().getContext('2d', { alpha: false });
  if (!context || !track) throw new Error('This browser cannot capture a canvas.');
  const source = new FrameSource({ width, height, fps, paint: detailPainter() });
  const reader = source.frames.getReader();
  const shown = new ShownFrames(track, source);
  const untilMs = performance.now() + durationMs;
  for (let next = await reader.read(); !next.done && performance.now() < untilMs; next = await reader.read()) {
    context.drawImage(next.value, 0, 0, 2 * width, 2 * height);
    next.value.close();
  }
  await reader.cancel();
  await shown.stop();
  return shown.frames;
}

/** A picture that was seen. */
export interface SeenFrame {
  number: number;
  /** Time by a clock that other processes of this machine share. */
  atMs: number;
  /** Time since it was drawn. */
  ageMs: number;
}

type TrackProcessor = new (init: { track: MediaStreamTrack }) => { readable: ReadableStream<VideoFrame> };

/** Watches a track as a recorder would: each picture that appears, once, in order. */
class ShownFrames {
  /** In the order in which they were seen; a picture that is drawn twice counts once. */
  readonly frames: SeenFrame[] = [];
  readonly #source: FrameSource;
  readonly #reader: ReadableStreamDefaultReader<VideoFrame>;

  constructor(track: MediaStreamTrack, source: FrameSource) {
    this.#source = source;
    // As an object, since the types that mediabunny brings know only processors of one kind of track each.
    const Processor: TrackProcessor = Reflect.get(globalThis as object, 'MediaStreamTrackProcessor');
    this.#reader = new Processor({ track }).readable.getReader();
    void this.#watch();
  }

  stop(): Promise<void> {
    return this.#reader.cancel();
  }

  async #watch(): Promise<void> {
    for (let next = await this.#reader.read(); !next.done; next = await this.#reader.read())
      await this.#see(next.value);
  }

  async #see(frame: VideoFrame): Promise<void> {
    const nowMs = performance.now();
    const number = await readNumber(frame).finally(() => frame.close());
    if (number === null || number === this.frames.at(-1)?.number) return;
    const ageMs = nowMs - (this.#source.drawnAtMs.get(number) ?? Number.NaN);
    this.frames.push({ number, atMs: performance.timeOrigin + nowMs, ageMs });
  }
}
