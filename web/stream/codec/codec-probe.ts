import { STREAM_LIMITS } from '../../../shared/protocol-limits.ts';
import { sizeOf } from '../frame-size.ts';
import { median } from '../rolling-statistics.ts';
import { withholdsFrames } from './withheld-frames.ts';

/** Time for trying all software codecs, ms. Part of the 3 s in which a volunteer probes itself (docs/design.md, Compute). */
export const CODEC_PROBE_MS = 500;
/** Frames of one trial: about 45 ms a codec on two cores. */
export const CODEC_PROBE_FRAMES = 10;
/** Frame size of a trial: small, because only the order of the codecs is needed, and quickly. */
export const TRIAL_SIZE = { width: 320, height: 180 };
/** The first frames of a codec pay for threads, buffers and the keyframe. */
const WARM_UP_FRAMES = 3;
/**
 * What a codec may cost in a trial, ms, to be chosen by its gain: about 8 ms at 1280x720, a quarter of the time between two frames at 30/s, of which the
 * other machine does half. Two cores of a server took 0.5 (H.264), 1.4 (VP8, VP9) and 1.6 (AV1).
 */
const AFFORDABLE_MS = 1.2;
/** Share of a trial's time that its first frame may take by itself. */
const FIRST_FRAME_SHARE = 1 / 6;
/** Costs vary by a tenth between trials, and browser clocks may not resolve 0.1 ms, so a smaller gain does not change the order. */
const CLEARLY_CHEAPER = 0.85;

/** Configuration of both ends of a codec. */
export interface TrialConfigs {
  encoder: VideoEncoderConfig;
  decoder: VideoDecoderConfig;
}

export interface CodecTrial<Name> extends TrialConfigs {
  name: Name;
}

/** Median time to encode and decode a frame, ms, or why there is none; `withholds`: no frame comes out by itself. */
export type CodecCost = number | 'unmeasured' | 'withholds' | 'failed';

/**
 * Measures the cost of each codec, one after the other, within {@link CODEC_PROBE_MS}. Each codec gets an even share of the remaining time,
 * so that one that hangs does not use up the others' time.
 */
export async function measureCosts<Name>(
  trials: readonly CodecTrial<Name>[],
  now: () => number,
): Promise<Map<Name, CodecCost>> {
  const costs = new Map<Name, CodecCost>();
  const endMs = now() + CODEC_PROBE_MS;
  const { width, height } = TRIAL_SIZE;
  const frames = movingFrames(CODEC_PROBE_FRAMES, width, height, STREAM_LIMITS.defaultFps);
  try {
    for (const [index, trial] of trials.entries()) {
      const shareMs = (endMs - now()) / (trials.length - index);
      costs.set(trial.name, shareMs > 0 ? await tryCodec(trial, frames, now, shareMs) : 'unmeasured');
    }
  } finally {
    for (const frame of frames) frame.close();
  }
  return costs;
}

/**
 * Ranks the names whose costs are affordable by gain, and then the others by cost, as {@link rankByCost}.
 *
 * @param byGain - best first.
 * @param byCost - cheapest first, usually.
 */
export function rankByGain<Name>(
  byGain: readonly Name[],
  byCost: readonly Name[],
  costs: ReadonlyMap<Name, CodecCost>,
): Name[] {
  const isAffordable = (name: Name) => {
    const cost = costs.get(name);
    return typeof cost === 'number' && cost <= AFFORDABLE_MS;
  };
  const others = byCost.filter((name) => byGain.includes(name) && !isAffordable(name));
  return [...byGain.filter(isAffordable), ...rankByCost(others, costs)];
}

/**
 * Ranks names by cost. The given order is kept, except that a clearly cheaper codec overtakes those before it. Unmeasured codecs come
 * last, after them those that seemed to withhold frames; failed ones are left out.
 */
export function rankByCost<Name>(names: readonly Name[], costs: ReadonlyMap<Name, CodecCost>): Name[] {
  const ranked: { name: Name; costMs: number }[] = [];
  for (const name of names) {
    const cost = costs.get(name);
    if (cost === 'failed' || cost === 'withholds') continue;
    const costMs = typeof cost === 'number' ? cost : Number.POSITIVE_INFINITY;
    let place = ranked.length;
    while (place > 0 && costMs < CLEARLY_CHEAPER * (ranked[place - 1]?.costMs ?? 0)) place--;
    ranked.splice(place, 0, { name, costMs });
  }
  return [...ranked.map(({ name }) => name), ...names.filter((name) => costs.get(name) === 'withholds')];
}

/**
 * Encodes and decodes the frames one at a time, which measures the delay a codec adds to a stream. Stops after `budgetMs` with what has
 * been measured by then. Never throws.
 */
export async function tryCodec(
  { encoder: encoderConfig, decoder: decoderConfig }: TrialConfigs,
  frames: readonly VideoFrame[],
  now: () => number,
  budgetMs: number,
): Promise<CodecCost> {
  let settle: { resolve(): void; reject(cause: unknown): void } = { resolve() {}, reject() {} };
  const error = (cause: unknown) => settle.reject(cause);
  const decoder = new VideoDecoder({
    output(frame) {
      const { width, height } = sizeOf(frame);
      frame.close();
      if (width === encoderConfig.width && height === encoderConfig.height) settle.resolve();
      else error(new Error('a picture of another size'));
    },
    error,
  });
  const encoder = new VideoEncoder({
    output(chunk) {
      try {
        decoder.decode(chunk);
      } catch (cause) {
        error(cause);
      }
    },
    error,
  });
  const give = (frame: VideoFrame, keyFrame: boolean) =>
    new Promise<void>((resolve, reject) => {
      settle = { resolve, reject };
      encoder.encode(frame, { keyFrame });
    });
  const [first] = frames;
  const timesMs: number[] = [];
  const measure = async (): Promise<CodecCost | null> => {
    encoder.configure(encoderConfig);
    decoder.configure(decoderConfig);
    const flush = async () => {
      await encoder.flush();
      await decoder.flush();
    };
    const trial = { give: async () => first && give(first, true), flush };
    if (await withholdsFrames(trial, budgetMs * FIRST_FRAME_SHARE, after)) return 'withholds';
    for (const [index, frame] of frames.entries()) {
      const startMs = now();
      await give(frame, index === 0);
      if (index >= WARM_UP_FRAMES) timesMs.push(now() - startMs);
    }
    return null;
  };
  try {
    const verdict = await Promise.race([measure(), after(budgetMs)]);
    if (verdict) return verdict;
  } catch {
    return 'failed';
  } finally {
    if (encoder.state !== 'closed') encoder.close();
    if (decoder.state !== 'closed') decoder.close();
  }
  // The median ignores a frame that a busy machine interrupted.
  return timesMs.length === 0 ? 'unmeasured' : median(timesMs);
}

async function after(ms: number): Promise<null> {
  await new Promise((resolve) => setTimeout(resolve, ms));
  return null;
}

/** Frames of a disc and fine grain that drift over a gradient: edges, detail and smooth areas in motion, as in a game. */
export function movingFrames(count: number, width: number, height: number, fps: number): VideoFrame[] {
  return Array.from({ length: count }, (_, index) => {
    const lumaBytes = width * height;
    // I420: both chroma planes, a quarter of the pixels each, stay grey.
    const data = new Uint8Array(lumaBytes * 1.5).fill(128, lumaBytes);
    for (let y = 0, at = 0; y < height; y++) {
      for (let x = 0; x < width; x++) data[at++] = lumaAt(x + 3 * index, y + index, width, height);
    }
    const timestamp = Math.round((index * 1e6) / fps);
    return new VideoFrame(data, { format: 'I420', codedWidth: width, codedHeight: height, timestamp });
  });
}

function lumaAt(x: number, y: number, width: number, height: number): number {
  const isInDisc = (x - width / 2) ** 2 + (y - height / 2) ** 2 < (height / 3) ** 2;
  const grain = ((x * 7) ^ (y * 13)) & 31;
  return 40 + (x * 80) / width + (isInDisc ? 60 : 0) + grain;
}
