import { lumaOf, psnrDb } from '../../web/compare/luma.ts';
import type { FrameStream } from '../../web/sdk/p2c2r.ts';
import { inTurn, median, mediansInTurn, sum } from '../measuring.ts';
import { pixelsOf } from '../quality/pictures.ts';
import { detailPainter, FrameSource, POSITIONS, paintFrame, readNumber, stripTop } from './frames.ts';
import { helpedPerS, live, ShownFrames, seen, sleep, watch } from './live.ts';

export * from './live.ts';

/** For the queues to fill. */
const RAMP_MS = 500;
/** By then every frame on its way has arrived or has been given up. */
const DRAIN_MS = 400;
/** Longer than the window of a stream's statistics. */
const WINDOW_MS = 5_200;

/** Measures two streams of one page in turn, while the other one is paused. */
export async function measureStream(options: {
  rooms: { channel: string; port: string };
  fastFps: number;
  steadyFps: number;
}) {
  const { rooms, fastFps, steadyFps } = options;
  for (const room of Object.values(rooms)) live(room).source.pause();
  const rate = (room: string) => running(room, fastFps, () => helpedPerS({ room, durationMs: 2_000 }));
  const fps = await mediansInTurn({ channel: () => rate(rooms.channel), port: () => rate(rooms.port) }, 5);
  const delay = (room: string) => running(room, steadyFps, () => latency(room));
  const delays = await inTurn({ channel: () => delay(rooms.channel), port: () => delay(rooms.port) }, 2);
  const of = (way: 'channel' | 'port') => ({
    fps: fps[way],
    detailAgeMs: median(delays[way].map(({ detailAgeMs }) => detailAgeMs)),
    stagesError: Math.max(...delays[way].map(({ stagesError }) => stagesError)),
    seenMs: median(delays[way].map(({ seenMs }) => seenMs)),
    codec: live(rooms[way]).stream.stats().codec,
  });
  return { channel: of('channel'), port: of('port') };
}

async function running<Result>(room: string, fps: number, measure: () => Promise<Result>): Promise<Result> {
  const { source } = live(room);
  source.setRate(fps);
  source.resume();
  await sleep(RAMP_MS);
  const result = await measure();
  source.pause();
  await sleep(DRAIN_MS);
  return result;
}

async function latency(room: string) {
  const { stream } = live(room);
  watch(room);
  await sleep(WINDOW_MS);
  const { glassToGlassMs, detailAgeMs, stagesMs } = stream.stats();
  const stagesTotalMs = sum(stagesMs.map(({ p50 }) => p50));
  return {
    detailAgeMs: detailAgeMs.p50,
    /** How far the stages' sum is from the whole, as a share of the whole. */
    stagesError: Math.abs(stagesTotalMs - glassToGlassMs.p50) / glassToGlassMs.p50,
    seenMs: median(seen(room).map(({ ageMs }) => ageMs)),
  };
}

/** By then the stream has learned what to wait for. */
const LEARN_MS = 6_000;

/** How many of the shown frames carried their own detail, and how old the frame was when it did. */
export async function measureDetail({ room }: { room: string }) {
  const { stream } = live(room);
  await sleep(LEARN_MS);
  const before = stream.stats();
  await sleep(WINDOW_MS);
  const { framesPresented, framesWithDetail, detailAgeMs } = stream.stats();
  const detailShare = (framesWithDetail - before.framesWithDetail) / (framesPresented - before.framesPresented);
  return { detailShare, detailAgeP95Ms: detailAgeMs.p95 };
}

/** Age of the pictures that are seen, p95: of a stream that waits for no detail, and of a canvas on which the source is drawn as it comes. */
export async function measureBase({ room, width, height }: { room: string; width: number; height: number }) {
  const { stream, source } = live(room);
  stream.set({ patience: 0 });
  await sleep(LEARN_MS);
  watch(room);
  await sleep(WINDOW_MS);
  const streamMs = agesP95Ms(seen(room).map(({ ageMs }) => ageMs));
  source.pause();
  const canvas = Object.assign(document.createElement('canvas'), { width: 2 * width, height: 2 * height });
  const context = canvas.getContext('2d', { alpha: false });
  const [track] = canvas.captureStream().getVideoTracks();
  if (!context || !track) throw new Error('This browser cannot capture a canvas.');
  const alone = new FrameSource({ width, height, fps: 30, paint: detailPainter() });
  const reader = alone.frames.getReader();
  const shown = new ShownFrames({ track });
  const untilMs = performance.now() + WINDOW_MS;
  for (let next = await reader.read(); !next.done && performance.now() < untilMs; next = await reader.read()) {
    context.drawImage(next.value, 0, 0, canvas.width, canvas.height);
    next.value.close();
  }
  await reader.cancel();
  await shown.stop();
  const aloneMs = agesP95Ms(shown.frames.map(({ number, atMs }) => atMs - (alone.drawnAtMs.get(number) ?? Number.NaN)));
  return { streamMs, aloneMs };
}

function agesP95Ms(agesMs: readonly number[]): number {
  const ascending = agesMs.filter((ageMs) => !Number.isNaN(ageMs)).sort((a, b) => a - b);
  return ascending[Math.floor(0.95 * ascending.length)] ?? Number.NaN;
}

/** Codecs start coarse and get finer. */
const SETTLE_MS = 3_000;
const SAMPLES = 12;
/** Longer than it takes until the stream's statistics include a shown frame. */
const STATISTICS_MS = 350;
/** How far above the strip its edge is blurred into the picture by the upscaler and the codec. */
const STRIP_BLUR = 24;

/** Compares shown frames with the same frames upscaled without a codec, as the volunteer of this section upscales them. */
export async function measureQuality({ room, width, height }: { room: string; width: number; height: number }) {
  const { stream } = live(room);
  const paint = detailPainter();
  const lumas = Array.from({ length: POSITIONS }, (_, position) => {
    const frame = paintFrame(paint, width, height, position, 0);
    const luma = comparedLuma(pixelsOf(frame, 2 * width, 2 * height));
    frame.close();
    return luma;
  });
  await sleep(SETTLE_MS);
  const psnrsDb: number[] = [];
  for (let sample = 0; sample < SAMPLES; sample++) {
    const unhelped = unhelpedOf(stream);
    await sleep(STATISTICS_MS);
    const shown = pixelsOf(stream.canvas, 2 * width, 2 * height);
    await sleep(STATISTICS_MS);
    // A frame that was shown as it was went through no codec.
    if (unhelpedOf(stream) !== unhelped) continue;
    const number = readNumber(shown);
    const reference = number === null ? undefined : lumas[number % POSITIONS];
    if (reference) psnrsDb.push(psnrDb(comparedLuma(shown), reference));
  }
  const { uplinkKbps, downlinkKbps, codec, fps } = stream.stats();
  return { psnrDb: median(psnrsDb), uplinkKbps, downlinkKbps, codec, fps, samples: psnrsDb.length };
}

/** Frames that were shown without a volunteer's work. */
function unhelpedOf(stream: FrameStream): number {
  const { framesLocal, framesFiltered, framesUnsharpened } = stream.stats();
  return framesLocal + framesFiltered + framesUnsharpened;
}

/** The luma of what is above the strip with the number. */
function comparedLuma(picture: ImageData): Float32Array {
  return lumaOf(picture).subarray(0, picture.width * (stripTop(picture.height) - STRIP_BLUR));
}
