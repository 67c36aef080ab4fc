import type { DetailCoding } from '../../shared/detail.ts';
import type { Quality } from '../../shared/tasks/upscale.ts';
import { lumaOf } from '../../web/compare/luma.ts';
import { Engine } from '../../web/compute/engine.ts';
import { servedModels } from '../../web/compute/test-models.ts';
import { makeFrame } from '../../web/compute/video-frames.ts';
import { openDevice } from '../../web/compute/wgsl/gpu-device.ts';
import type { RawPicture } from '../../web/stream/compose/composer.ts';
import { DetailReader, isNoDetail } from '../../web/stream/compose/detail-reader.ts';
import { composingMs } from '../../web/stream/compose/open-composer.ts';
import { WasmComposer } from '../../web/stream/compose/wasm-composer.ts';
import { WebGlComposer } from '../../web/stream/compose/webgl-composer.ts';
import { WebGpuComposer } from '../../web/stream/compose/webgpu-composer.ts';
import { drawBlended, type PictureParts } from '../../web/stream/gamer/blended-picture.ts';
import { blendOf } from '../../web/stream/gamer/detail-tuning.ts';
import { frameSharpness } from '../../web/stream/gamer/source-sharpness.ts';
import { LumaReader } from '../../web/stream/verify/luma-reader.ts';
import { type Clip, type FrameScore, loadClip, scoreOf } from '../glass/clip.ts';
import { type CodedWay, newTraffic, type Traffic, throughCodec } from '../glass/through-codec.ts';
import { type FrameStatistics, statisticsOf } from '../glass/tuning.ts';
import { median } from '../measuring.ts';

type Way = Pick<CodedWay, 'codec' | 'kbps' | 'loss'>;

/** A volunteer's work, and the ways to it and back. */
interface Offload {
  quality: Quality;
  up: Way;
  down: Way;
}
type DetailOffload = Offload & { coding: DetailCoding };

/** What the ways of a stream were. */
interface Transmission {
  upKbps: number;
  downKbps: number;
  /** Share of the bytes down that keyframes took. */
  keyframeShare: number;
  /** Median time, ms, in which the encoder encoded a frame down. */
  encodeMs: number;
  /** Frames for which nothing came. */
  missing: number;
}

/** What one way of making the shown picture came to. */
export interface Measured {
  /** Scores of each frame of the clip. */
  scores: FrameScore[];
  /** Null where nothing was sent. */
  transmission: Transmission | null;
}

/** What the page measures with. */
async function prepared(url: string, maxFrames: number) {
  const clip = await loadClip(url, maxFrames);
  const { width, height } = clip;
  const screen = new OffscreenCanvas(width, height).getContext('2d', { alpha: false, willReadFrequently: true });
  if (!screen) throw new Error('There is no canvas to compose on.');
  const engine = await Engine.create({
    gpu: navigator.gpu,
    now: () => performance.now(),
    models: servedModels('/models/'),
  });
  const composer = await WasmComposer.open();
  let sharpness: number | null = null;
  const raws: RawPicture[] = [];
  for await (const frame of sources(clip)) {
    if (raws.length === 0) sharpness = await frameSharpness(frame, new LumaReader(), () => 0.5);
    raws.push(await composer.load(frame));
    frame.close();
  }
  return { clip, engine, composer, screen, raws, sharpness };
}

let loaded: Awaited<ReturnType<typeof prepared>> | null = null;

/** Loads the clip that everything is measured with. */
export async function load(url: string, maxFrames: number) {
  loaded = await prepared(url, maxFrames);
  const { clip, sharpness } = loaded;
  const { width, height, fps, frames } = clip;
  return { width, height, fps, frames: frames.length, sharpness };
}

/** What loading a frame of this size and composing it at twice the size takes in each way that there is here, software GPUs included. */
export async function measureComposers({ width, height }: { width: number; height: number }) {
  const size = { width, height, outWidth: 2 * width, outHeight: 2 * height };
  const gpu = await openDevice(navigator.gpu);
  const software = gpu?.isSoftware ? ' (software)' : '';
  const ways = [
    { way: 'processor', composer: await WasmComposer.open() },
    { way: 'WebGL 2', composer: new WebGlComposer(true) },
    ...(gpu ? [{ way: `WebGPU${software}`, composer: await WebGpuComposer.open(gpu.device) }] : []),
  ];
  const measured: { way: string; tookMs: number }[] = [];
  for (const { way, composer } of ways) {
    measured.push({ way, tookMs: await composingMs(composer, size, () => performance.now()) });
    composer.dispose();
  }
  gpu?.device.destroy();
  return measured;
}

/** The source as the browser stretches it. */
export async function measureStretch(): Promise<Measured> {
  return { scores: await shownScores(sources(current().clip)), transmission: null };
}

/** The source as this machine's engine enlarges it. */
export async function measureEnlarged(quality: Quality): Promise<Measured> {
  const { clip, engine } = current();
  const frames = engine.openFrames({ ...outSizeOf(clip), quality });
  const scores = await shownScores(processed(frames, sources(clip)));
  frames.dispose();
  return { scores, transmission: null };
}

/**
 * The source with its local picture, by the share of that.
 *
 * @param quality - null: it is only enlarged, as by a player without a volunteer
 * @param shares - null: as a stream chooses it
 */
export async function measureOwn(quality: Quality | null, shares: readonly (number | null)[]) {
  const { clip, sharpness } = current();
  const measured = shares.map((): Measured => ({ scores: [], transmission: null }));
  const blend = blendOf(quality, false, sharpness);
  for await (const { index, localPicture } of ownPictures(quality)) {
    for (const [i, share] of shares.entries()) {
      await draw(
        index,
        { localPicture, detail: null },
        { ...blend, localPictureShare: share ?? blend.localPictureShare },
      );
      measured[i]?.scores.push(scoreOf(clip, index, onScreen()));
    }
  }
  return measured;
}

/**
 * The source with a volunteer's detail and the local picture, put together as in a stream. Detail of the frame before serves where none came.
 *
 * @param ownQuality - null: it is only enlarged.
 */
export async function measureDetail(offload: DetailOffload, ownQuality: Quality | null) {
  const { clip, raws, sharpness } = current();
  const { codesByTime, transmission } = await receivedDetail(offload);
  const scores: FrameScore[] = [];
  let detail: PictureParts['detail'] = null;
  for await (const { index, localPicture, timestampUs } of ownPictures(ownQuality)) {
    const codes = codesByTime.get(timestampUs);
    if (codes) detail = { codes, gain: offload.coding.gain, of: rawOf(raws, index) };
    await draw(index, { localPicture, detail }, blendOf(ownQuality, detail !== null, sharpness));
    scores.push(scoreOf(clip, index, onScreen()));
  }
  return { scores, transmission };
}

/** What of a volunteer's detail comes, beside what is lacking. */
export async function detailStatistics(offload: DetailOffload) {
  const { clip } = current();
  const { codesByTime, transmission } = await receivedDetail(offload);
  const frames: FrameStatistics[] = [];
  for (const [index, { truth, timestampUs }] of clip.frames.entries()) {
    await draw(index, ENLARGED);
    const codes = codesByTime.get(timestampUs);
    if (codes) frames.push(statisticsOf(truth, lumaOf(onScreen()), codes));
  }
  return { frames, transmission };
}

/** The picture way: a volunteer's picture as it comes. */
export async function measurePictures({ quality, up, down }: Offload) {
  const { clip, engine } = current();
  const [sent, answered] = [newTraffic(), newTraffic()];
  const frames = engine.openFrames({ ...outSizeOf(clip), quality });
  const pictures = processed(frames, throughCodec(sources(clip), uplinkOf(clip, up), sent));
  await draw(0, ENLARGED);
  const scores = await shownScores(throughCodec(pictures, downlinkOf(clip, down), answered));
  frames.dispose();
  return { scores, transmission: transmissionOf(clip, sent, answered, answered.decoded) };
}

/** Scores of whole pictures, which are closed. While none comes the last one stays. */
async function shownScores(pictures: AsyncIterable<VideoFrame>): Promise<FrameScore[]> {
  const { clip, screen } = current();
  const scores: FrameScore[] = [];
  const stayUntil = (timestampUs: number) => {
    while ((clip.frames[scores.length]?.timestampUs ?? Number.POSITIVE_INFINITY) < timestampUs) {
      scores.push(scoreOf(clip, scores.length, onScreen()));
    }
  };
  for await (const picture of pictures) {
    stayUntil(picture.timestamp);
    screen.drawImage(picture, 0, 0, clip.width, clip.height);
    picture.close();
  }
  stayUntil(Number.POSITIVE_INFINITY);
  return scores;
}

function current() {
  if (!loaded) throw new Error('No clip was loaded.');
  return loaded;
}

async function receivedDetail({ quality, coding, up, down }: DetailOffload) {
  const { clip, engine } = current();
  const [sent, answered] = [newTraffic(), newTraffic()];
  const frames = engine.openFrames({ ...outSizeOf(clip), quality, detail: coding });
  const details = processed(frames, throughCodec(sources(clip), uplinkOf(clip, up), sent));
  const reader = new DetailReader(clip);
  const codesByTime = new Map<number, Uint8Array>();
  for await (const frame of throughCodec(details, { ...downlinkOf(clip, down), isDetail: true }, answered)) {
    const codes = await reader.read(frame);
    // A stream takes a keyframe of no detail for none.
    if (!isNoDetail(codes)) codesByTime.set(frame.timestamp, codes);
    frame.close();
  }
  frames.dispose();
  return { codesByTime, transmission: transmissionOf(clip, sent, answered, codesByTime.size) };
}

/** The source frames at their own times. */
async function* sources({ frames }: Clip): AsyncGenerator<VideoFrame> {
  for (const { source, timestampUs } of frames) {
    const size = { width: source.width, height: source.height, strideBytes: source.width * 4 };
    yield makeFrame(source.data, size, { timestamp: timestampUs, duration: null, hasAlpha: false });
  }
}

/** What the engine makes of frames, which are closed. */
async function* processed(upscaler: ReturnType<Engine['openFrames']>, frames: AsyncIterable<VideoFrame>) {
  for await (const frame of frames) {
    const made = await upscaler.process(frame);
    frame.close();
    yield made;
  }
}

/** What this machine makes of each frame; null of all for null. */
async function* ownPictures(quality: Quality | null) {
  const { clip, engine } = current();
  const upscaler = quality && engine.openFrames({ ...outSizeOf(clip), quality });
  let index = 0;
  for await (const source of sources(clip)) {
    const localPicture = upscaler ? await upscaler.process(source) : null;
    yield { index: index++, localPicture, timestampUs: source.timestamp };
    source.close();
    localPicture?.close();
  }
  upscaler?.dispose();
}

const ENLARGED = { localPicture: null, detail: null };

/** On the screen, as a stream does. */
async function draw(
  index: number,
  parts: Omit<PictureParts, 'raw'>,
  blend = blendOf(null, false, null),
): Promise<void> {
  const { composer, raws, screen } = current();
  await drawBlended(composer, { raw: rawOf(raws, index), ...parts }, blend, screen);
}

function onScreen(): ImageData {
  const { clip, screen } = current();
  return screen.getImageData(0, 0, clip.width, clip.height);
}

function rawOf(raws: readonly RawPicture[], index: number): RawPicture {
  const raw = raws[index];
  if (!raw) throw new Error(`The clip has no frame ${index}.`);
  return raw;
}

const outSizeOf = ({ width, height }: Clip) => ({ outWidth: width, outHeight: height });
const uplinkOf = ({ width, height, fps }: Clip, way: Way) => ({ ...way, fps, width: width / 2, height: height / 2 });
const downlinkOf = ({ width, height, fps }: Clip, way: Way) => ({ ...way, fps, width, height });

function transmissionOf({ fps, frames }: Clip, up: Traffic, down: Traffic, came: number): Transmission {
  const kbps = ({ bytes }: Traffic) => (bytes * 8 * fps) / frames.length / 1_000;
  return {
    upKbps: kbps(up),
    downKbps: kbps(down),
    keyframeShare: down.keyframeBytes / Math.max(down.bytes, 1),
    encodeMs: median(down.encodeMs),
    missing: frames.length - came,
  };
}
