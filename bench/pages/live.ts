import type { FrameStream, GamerClient, StreamOptions } from '../../web/sdk/p2c2r.ts';
import type { Variant } from '../bundles.ts';
import { sum } from '../measuring.ts';
import { detailPainter, FrameSource, paintGradient, readNumber } from './frames.ts';
import { loadSdk } from './gamer.ts';

interface Live {
  client: GamerClient;
  stream: FrameStream;
  source: FrameSource;
  shown: ShownFrames | null;
}

export interface LiveOptions {
  room: string;
  /** Volunteers to wait for before the stream is opened. */
  volunteers?: number;
  variant?: Variant;
  iceServers?: RTCIceServer[];
  relayOnly?: boolean;
  width: number;
  height: number;
  fps: number;
  picture?: 'gradient' | 'detail';
  bitrateKbps?: number;
  transport?: StreamOptions['transport'];
}

const PATIENCE_MS = 60_000;

/** This page's streams by room. */
const streams = new Map<string, Live>();

export function live(room: string): Live {
  const found = streams.get(room);
  if (!found) throw new Error(`There is no stream in ${room}: call open first.`);
  return found;
}

/** Makes this page a gamer with a stream in a room of its own. */
export async function open(options: LiveOptions): Promise<void> {
  const {
    room,
    volunteers = 1,
    iceServers = [],
    relayOnly = false,
    picture,
    transport,
    bitrateKbps,
    ...format
  } = options;
  const { GamerClient } = await loadSdk(options.variant);
  const client = await GamerClient.connect({ room, where: 'volunteers', iceServers, relayOnly });
  await client.whenReady({ volunteers, timeoutMs: PATIENCE_MS });
  const source = new FrameSource({ ...format, paint: picture === 'detail' ? detailPainter() : paintGradient });
  const stream = await client.openStream(source.frames, {
    // These figures are about the transport: a quality that steps up and down between runs would hide it.
    quality: 'spatial',
    maxFps: 240,
    ...(bitrateKbps !== undefined && { bitrateKbps }),
    ...(transport && { transport }),
  });
  document.body.append(stream.canvas);
  streams.set(room, { client, stream, source, shown: null });
}

/** The share of the shown frames that carried detail or were made by volunteers, 0..1. */
function volunteersShare({ stream }: Live): number {
  return sum(stream.stats().shares.map(({ share }) => share));
}

/** Waits until volunteers help with most of the frames: by then all codecs and networks are ready. */
export async function settled(room: string): Promise<void> {
  for (const startedMs = performance.now(); volunteersShare(live(room)) <= 0.5; await sleep(100)) {
    if (performance.now() - startedMs < PATIENCE_MS) continue;
    throw new Error(`Volunteers do not help with most frames: ${JSON.stringify(live(room).stream.stats())}`);
  }
}

export function ready({ room, volunteers }: { room: string; volunteers: number }): Promise<void> {
  return live(room).client.whenReady({ volunteers, timeoutMs: PATIENCE_MS });
}

export function setRate({ room, fps }: { room: string; fps: number }): void {
  live(room).source.setRate(fps);
}

/** Each volunteer's share of the shown frames, the largest first. */
export function shares(room: string) {
  const { client, stream } = live(room);
  const nameOf = (wanted: string) => client.volunteers.find(({ id }) => id === wanted)?.name ?? 'nobody';
  return stream
    .stats()
    .shares.map(({ volunteerId, share }) => ({ name: nameOf(volunteerId), share }))
    .sort((a, b) => b.share - a.share);
}

/** Records what the stream shows from now on. */
export function watch(room: string): void {
  const found = live(room);
  found.shown ??= new ShownFrames(found.stream);
  found.shown.frames = [];
}

export type SeenFrame = ReturnType<typeof seen>[number];

/** What the stream has shown since {@link watch}. */
export function seen(room: string) {
  const { shown, source } = live(room);
  return (shown?.frames ?? []).map(({ number, atMs }) => ({
    number,
    // Of a clock that other processes of this machine share.
    atMs: performance.timeOrigin + atMs,
    /** Time since it was drawn. */
    ageMs: atMs - (source.drawnAtMs.get(number) ?? Number.NaN),
  }));
}

export async function close(room: string): Promise<void> {
  const { client, stream, shown } = live(room);
  streams.delete(room);
  await shown?.stop();
  await stream.close();
  await client.close();
}

/**
 * Frames a second that the stream presents with what a volunteer made of them. Its statistics change a few times a second, so counts are
 * exact only at such a moment.
 */
export async function helpedPerS({ room, durationMs }: { room: string; durationMs: number }): Promise<number> {
  const before = await nextCount(room);
  await sleep(durationMs);
  const after = await nextCount(room);
  return (1_000 * (after.helped - before.helped)) / (after.atMs - before.atMs);
}

async function nextCount(room: string) {
  const { stream } = live(room);
  const presented = () => stream.stats().framesPresented;
  for (const before = presented(); presented() === before; ) await sleep(1);
  const { framesPresented, framesLocal, framesFiltered, framesUnsharpened } = stream.stats();
  return { helped: framesPresented - framesLocal - framesFiltered - framesUnsharpened, atMs: performance.now() };
}

export type Sample = Awaited<ReturnType<typeof sample>>[number];

/** The stream's statistics as time goes by, for the section stream-impaired. */
export async function sample(options: { room: string; durationMs: number; intervalMs: number }) {
  const found = live(options.room);
  const samples = [];
  const untilMs = performance.now() + options.durationMs;
  for (; performance.now() < untilMs; await sleep(options.intervalMs)) {
    const { glassToGlassMs, detailAgeMs, stagesMs, uplinkKbps, downlinkKbps } = found.stream.stats();
    samples.push({
      atMs: performance.timeOrigin + performance.now(),
      p95Ms: glassToGlassMs.p95,
      detailP95Ms: detailAgeMs.p95,
      uplinkMs: stagesMs.find(({ name }) => name === 'uplink')?.p50 ?? Number.NaN,
      uplinkKbps,
      downlinkKbps,
      volunteersShare: volunteersShare(found),
    });
  }
  return samples;
}

/** Counts of frames once none is on its way any more. */
export async function finalCounts({ room, drainMs }: { room: string; drainMs: number }) {
  const { stream, source } = live(room);
  source.pause();
  await sleep(drainMs);
  const { framesCaptured, framesPresented, framesDropped, framesLocal, framesFiltered, framesUnsharpened } =
    stream.stats();
  const dropped = sum(Object.values(framesDropped));
  const unhelped = framesLocal + framesFiltered + framesUnsharpened;
  return { captured: framesCaptured, presented: framesPresented, dropped, unhelped };
}

type TrackProcessor = new (init: { track: MediaStreamTrack }) => { readable: ReadableStream<VideoFrame> };

/** Watches what a stream shows as a recorder would: each picture that appears on its canvas, once, in order. */
export class ShownFrames {
  /** In the order in which they were seen; a picture that is drawn twice counts once. */
  frames: { number: number; atMs: number }[] = [];
  readonly #canvas = new OffscreenCanvas(1, 1);
  readonly #context = this.#canvas.getContext('2d', { alpha: false, willReadFrequently: true });
  readonly #reader: ReadableStreamDefaultReader<VideoFrame>;

  constructor({ track }: Pick<FrameStream, 'track'>) {
    // As an object, since the types that mediabunny brings know only processors of one kind of track each.
    const Processor: TrackProcessor = Reflect.get(globalThis as object, 'MediaStreamTrackProcessor');
    this.#reader = new Processor({ track }).readable.getReader();
    void this.#watch();
  }

  stop(): Promise<void> {
    return this.#reader.cancel();
  }

  async #watch(): Promise<void> {
    for (let next = await this.#reader.read(); !next.done; next = await this.#reader.read()) this.#see(next.value);
  }

  #see(frame: VideoFrame): void {
    const atMs = performance.now();
    const { displayWidth: width, displayHeight: height } = frame;
    if (this.#canvas.width !== width || this.#canvas.height !== height) Object.assign(this.#canvas, { width, height });
    this.#context?.drawImage(frame, 0, 0);
    frame.close();
    const picture = this.#context?.getImageData(0, 0, width, height);
    const number = picture ? readNumber(picture) : null;
    if (number !== null && number !== this.frames.at(-1)?.number) this.frames.push({ number, atMs });
  }
}

export function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
