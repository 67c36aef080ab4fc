import type { DetailCoding } from '../../shared/detail.ts';
import { NO_DETAIL_CODE } from '../../shared/detail.ts';
import type { Network, Quality } from '../../shared/tasks/upscale.ts';
import { lumaOf } from '../../web/compare/luma.ts';
import { Engine } from '../../web/compute/engine.ts';
import { servedModels } from '../../web/compute/test-models.ts';
import { makeFrame, RgbaReader } from '../../web/compute/video-frames.ts';
import type { Codec } from '../../web/stream/codec/codecs.ts';
import { type Clip, type ClipFrame, LUMA_STEPS, loadClip } from '../glass/clip.ts';
import { type FrameScore, Scorer } from '../glass/score.ts';
import { openDetail, readCodes } from '../glass/stand-in.ts';
import { newTraffic, type Traffic, throughCodec } from '../glass/through-codec.ts';
import { pixelsOf } from '../quality/pictures.ts';

/** SSIM is measured of one frame in this many. */
const SSIM_EVERY = 6;

interface Loaded {
  clip: Clip;
  engine: Engine;
  scorer: Scorer;
  /** The bicubic picture of each source frame. */
  bases: Uint8ClampedArray[];
}

const spatials: Uint8ClampedArray[] = [];
let loaded: Loaded | null = null;

/** Loads a clip, which all measurements are made with. */
export async function load(url: string, maxFrames: number) {
  const clip = await loadClip(url, maxFrames);
  const { width, height, fps } = clip;
  const engine = await Engine.create({ gpu: undefined, now: () => performance.now(), models: servedModels('/models/') });
  loaded = { clip, engine, scorer: new Scorer(width, height), bases: [] };
  for await (const { pixels } of pictures(loaded, 'bicubic', sources(loaded))) {
    loaded.bases.push(new Uint8ClampedArray(pixels));
  }
  spatials.length = 0;
  for await (const { pixels } of pictures(loaded, 'spatial', sources(loaded))) spatials.push(new Uint8ClampedArray(pixels));
  return { width, height, fps, frames: clip.frames.length };
}

function current(): Loaded {
  if (!loaded) throw new Error('No clip was loaded.');
  return loaded;
}

export interface Way {
  codec: Codec;
  kbps: number;
  /** Size of what is sent, as a share of the picture's; 1 unless given. */
  scale?: number;
}

/** What one way of making the shown picture came to. */
export interface Measured {
  /** Of each frame of the clip. */
  scores: FrameScore[];
  /** Of each frame, shown as bicubic alone makes it, or as the last one was, since nothing came for it. */
  missing: number;
  upKbps: number;
  downKbps: number;
  /** Share of the bytes down that keyframes took. */
  keyframeShare: number;
}

/** The source as the browser stretches it. */
export async function measureStretch(): Promise<Measured> {
  const state = current();
  const { width, height } = state.clip;
  const scores: FrameScore[] = [];
  for await (const frame of sources(state)) {
    const picture = pixelsOf(frame, width, height);
    frame.close();
    scores.push(scoreOf(state, scores.length, lumaOf(picture)));
  }
  return untransmitted(scores);
}

/** The source as this machine enlarges it. */
export async function measurePicture(quality: Quality): Promise<Measured> {
  const state = current();
  const scores: FrameScore[] = [];
  for await (const { pixels } of pictures(state, quality, sources(state))) {
    scores.push(scoreOf(state, scores.length, lumaOf({ ...state.clip, data: pixels })));
  }
  return untransmitted(scores);
}

/** The source as a network of this machine sharpens it: bicubic and the network's detail, by weight. */
export async function measureLocal(network: Network, coding: DetailCoding, weights: readonly number[]) {
  const state = current();
  const measured = weights.map((): FrameScore[] => []);
  const detail = openDetail(state.engine, outSize(state), network, coding);
  let index = 0;
  for await (const frame of sources(state)) {
    const made = await detail.process(frame);
    frame.close();
    const codes = await readCodes(made);
    made.close();
    for (const [i, weight] of weights.entries()) {
      const luma = composedLuma(state, index, codes, { ...coding, weight, deadZoneCodes: 0 });
      measured[i]?.push(scoreOf(state, index, luma));
    }
    index++;
  }
  detail.dispose();
  return measured.map(untransmitted);
}

/** How detail is added at the player. */
export interface Application {
  weight: number;
  deadZoneCodes: number;
}

export interface DetailWay {
  network: Network;
  coding: DetailCoding;
  up: Way;
  down: Way;
}

/** The source's bicubic and a volunteer's detail, by how it is added. */
export async function measureDetail(way: DetailWay, applications: readonly Application[]): Promise<Measured[]> {
  const state = current();
  const up = newTraffic();
  const down = newTraffic();
  const came = new Map<number, Uint8Array>();
  for await (const frame of detailOf(state, way, up, down)) {
    came.set(frame.timestamp, await readCodes(frame));
    frame.close();
  }
  return applications.map((application) => {
    const scores = state.clip.frames.map(({ timestampUs }, index) => {
      const codes = came.get(timestampUs);
      return scoreOf(state, index, composedLuma(state, index, codes ?? null, { ...way.coding, ...application }));
    });
    return { scores, missing: scores.length - came.size, ...rates(state, up, down) };
  });
}

/** By code, of one frame: how many pixels have it, and the sum of what bicubic lacks there. */
export interface CodeStatistics {
  /** Sum of squares of what bicubic lacks. */
  squares: number;
  plainSquares: number;
  m: number[];
  pixels: number;
  count: number[];
  lacking: number[];
}

/** Statistics of a detail way from which the PSNR of every way of adding its codes follows. */
export async function detailStatistics(way: DetailWay) {
  const state = current();
  const up = newTraffic();
  const down = newTraffic();
  const frames: CodeStatistics[] = [];
  for await (const frame of detailOf(state, way, up, down)) {
    const index = state.clip.frames.findIndex(({ timestampUs }) => timestampUs === frame.timestamp);
    const codes = await readCodes(frame);
    frame.close();
    frames.push(statisticsOf(state, index, codes));
  }
  return { frames, missing: state.clip.frames.length - frames.length, ...rates(state, up, down) };
}

function statisticsOf({ clip, bases }: Loaded, index: number, codes: Uint8Array): CodeStatistics {
  const plain = lumaOf({ ...clip, data: bases[index] ?? new Uint8ClampedArray() });
  const v = tweaks.base ?? 0;
  const spatial = v ? lumaOf({ ...clip, data: spatials[index]! }) : plain;
  const luma = plain.map((p, i) => p + v * (spatial[i]! - p));
  const { truth } = clip.frames[index] as ClipFrame;
  const count = new Array<number>(256).fill(0);
  const lacking = new Array<number>(256).fill(0);
  let squares = 0;
  let plainSquares = 0;
  for (let i = 0; i < codes.length; i++) {
    const error = (truth[i] ?? 0) / LUMA_STEPS - (luma[i] ?? 0);
    const code = codes[i] ?? 0;
    squares += error * error;
    plainSquares += ((truth[i] ?? 0) / LUMA_STEPS - (plain[i] ?? 0)) ** 2;
    count[code] = (count[code] ?? 0) + 1;
    lacking[code] = (lacking[code] ?? 0) + error;
  }
  const m = [0, 0, 0, 0, 0];
  if (!v) {
    const sp = lumaOf({ ...clip, data: spatials[index]! });
    for (let i = 0; i < codes.length; i++) {
      const e = truth[i]! / LUMA_STEPS - plain[i]!; const d = codes[i]! - 128; const q = sp[i]! - plain[i]!;
      m[0]! += e * d; m[1]! += e * q; m[2]! += d * d; m[3]! += q * q; m[4]! += d * q;
    }
  }
  return { m, squares, plainSquares, pixels: codes.length, count, lacking };
}

async function* detailOf(state: Loaded, { network, coding, up, down }: DetailWay, sent: Traffic, answered: Traffic) {
  const { clip, engine } = state;
  const detail = openDetail(engine, outSize(state), network, coding, tweaks.base);
  const arrived = throughCodec(sources(state), settingsOf(clip, up, 0.5), sent);
  async function* made() {
    for await (const frame of arrived) {
      const codes = await detail.process(frame);
      frame.close();
      yield codes;
    }
  }
  yield* throughCodec(made(), settingsOf(clip, down, 1), answered);
  detail.dispose();
}

/** The picture way: the volunteer's picture as it comes. A frame that does not come leaves the last one shown. */
export async function measurePictureWay({ network, up, down }: Omit<DetailWay, 'coding'>): Promise<Measured> {
  const state = current();
  const [sent, answered] = [newTraffic(), newTraffic()];
  const sharp = state.engine.openFrames({ ...outSize(state), quality: network });
  const arrived = throughCodec(sources(state), settingsOf(state.clip, up, 0.5), sent);
  async function* made() {
    for await (const frame of arrived) {
      const picture = await sharp.process(frame);
      frame.close();
      yield picture;
    }
  }
  const reader = new RgbaReader();
  const scores: FrameScore[] = [];
  let missing = 0;
  let last = lumaOf({ ...state.clip, data: state.bases[0] ?? new Uint8ClampedArray() });
  const showUntil = (timestampUs: number) => {
    for (; (state.clip.frames[scores.length]?.timestampUs ?? Number.POSITIVE_INFINITY) < timestampUs; missing++) {
      scores.push(scoreOf(state, scores.length, last));
    }
  };
  for await (const frame of throughCodec(made(), settingsOf(state.clip, down, 1), answered)) {
    showUntil(frame.timestamp);
    const { data } = await reader.read(frame);
    frame.close();
    last = lumaOf({ ...state.clip, data: new Uint8ClampedArray(data.buffer) });
    scores.push(scoreOf(state, scores.length, last));
  }
  showUntil(Number.MAX_VALUE);
  sharp.dispose();
  return { scores, missing, ...rates(state, sent, answered) };
}

function settingsOf({ width, height, fps }: Clip, { codec, kbps, scale = 1 }: Way, share: number) {
  const even = (side: number) => 2 * Math.round((side * share * scale) / 2);
  return { codec, kbps, fps, width: even(width), height: even(height) };
}

const outSize = ({ clip: { width, height } }: Loaded) => ({ outWidth: width, outHeight: height });

async function* sources({ clip }: Loaded): AsyncGenerator<VideoFrame> {
  for (const { source, timestampUs } of clip.frames) {
    const size = { width: source.width, height: source.height, strideBytes: source.width * 4 };
    yield makeFrame(recoloured(source), size, { timestamp: timestampUs, duration: null, hasAlpha: false });
  }
}

/** The engine's pictures; their pixels are overwritten with the next. */
async function* pictures({ clip, engine }: Loaded, quality: Quality, frames: AsyncIterable<VideoFrame>) {
  const sharp = engine.openFrames({ outWidth: clip.width, outHeight: clip.height, quality });
  const reader = new RgbaReader();
  for await (const frame of frames) {
    const picture = await sharp.process(frame);
    frame.close();
    const { data } = await reader.read(picture);
    const { timestamp } = picture;
    picture.close();
    yield { timestamp, pixels: new Uint8ClampedArray(data.buffer) };
  }
  sharp.dispose();
}

function composedLuma(
  { clip, bases }: Loaded,
  index: number,
  codes: Uint8Array | null,
  { gain, weight, deadZoneCodes }: DetailCoding & Application,
): Float32Array {
  const base = bases[index] ?? new Uint8ClampedArray();
  if (!codes) return lumaOf({ ...clip, data: base });
  const picture = base.slice();
  for (let i = 0, at = 0; i < codes.length; i++, at += 4) {
    const code = (codes[i] ?? 0) - NO_DETAIL_CODE;
    if (Math.abs(code) <= deadZoneCodes) continue;
    const addition = (weight * code) / gain;
    for (let channel = at; channel < at + 3; channel++) picture[channel] = (base[channel] ?? 0) + addition;
  }
  return lumaOf({ ...clip, data: picture });
}

function scoreOf({ clip, scorer }: Loaded, index: number, luma: Float32Array): FrameScore {
  const frame = clip.frames[index];
  if (!frame) throw new Error('More frames came than were sent.');
  return scorer.score(luma, frame.truth, index % SSIM_EVERY === 0);
}

function untransmitted(scores: FrameScore[]): Measured {
  return { scores, missing: 0, upKbps: 0, downKbps: 0, keyframeShare: 0 };
}

function rates({ clip }: Loaded, up: Traffic, down: Traffic) {
  const kbps = ({ bytes }: Traffic) => (bytes * 8 * clip.fps) / clip.frames.length / 1_000;
  return { upKbps: kbps(up), downKbps: kbps(down), keyframeShare: down.keyframeBytes / Math.max(down.bytes, 1) };
}

// TEMP experiments
let tweaks: { up?: object; down?: object; chroma?: number; base?: number } = {};
const configure = VideoEncoder.prototype.configure;
VideoEncoder.prototype.configure = function (config) {
  const extra = config.width > (loaded?.clip.width ?? 0) * 0.6 ? tweaks.down : tweaks.up;
  return configure.call(this, { ...config, ...extra });
};
export function experiment(t: typeof tweaks) {
  tweaks = t;
}
function recoloured(image: ImageData): Uint8ClampedArray<ArrayBuffer> {
  const { width, height, data } = image;
  const n = tweaks.chroma ?? 1;
  if (n === 1) return data as Uint8ClampedArray<ArrayBuffer>;
  const out = data.slice() as Uint8ClampedArray<ArrayBuffer>;
  const cb = new Float32Array(width * height), cr = new Float32Array(width * height);
  for (let by = 0; by < height; by += n) for (let bx = 0; bx < width; bx += n) {
    let sb = 0, sr = 0, c = 0;
    for (let y = by; y < Math.min(by + n, height); y++) for (let x = bx; x < Math.min(bx + n, width); x++) {
      const at = (y * width + x) * 4; const Y = 0.2126 * data[at]! + 0.7152 * data[at + 1]! + 0.0722 * data[at + 2]!;
      sb += data[at + 2]! - Y; sr += data[at]! - Y; c++;
    }
    if (n > 64) { sb = 0; sr = 0; }
    for (let y = by; y < Math.min(by + n, height); y++) for (let x = bx; x < Math.min(bx + n, width); x++) { cb[y * width + x] = sb / c; cr[y * width + x] = sr / c; }
  }
  for (let i = 0; i < width * height; i++) {
    const at = i * 4; const Y = 0.2126 * data[at]! + 0.7152 * data[at + 1]! + 0.0722 * data[at + 2]!;
    const B = Y + cb[i]!, R = Y + cr[i]!; const G = (Y - 0.2126 * R - 0.0722 * B) / 0.7152;
    out[at] = R; out[at + 1] = G; out[at + 2] = B;
  }
  return out;
}

import { cubic, doubled } from '../../web/compute/test-resample.ts';
export async function measureCubic(a: number): Promise<Measured> {
  const state = current();
  return untransmitted(state.clip.frames.map(({ source }, i) => scoreOf(state, i, lumaOf(doubled(source, cubic(a))))));
}
