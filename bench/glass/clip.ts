import { ALL_FORMATS, BlobSource, Input, VideoSampleSink } from 'mediabunny';
import { lumaOf, psnrDb } from '../../web/compare/luma.ts';
import { ssimAgainst } from '../../web/compare/ssim.ts';
import { RgbaReader } from '../../web/compute/video-frames.ts';
import { cropped, halved } from '../quality/examples.ts';

/** Sides of the truth are multiples of it, so that the source, half as large, has whole chroma samples. */
const SIDE_STEP = 4;
/** Steps of a stored luma, of which a whole clip is kept: 1/256 of one 8-bit level. */
export const LUMA_STEPS = 256;

export interface ClipFrame {
  timestampUs: number;
  /** Half as large as the truth: the mean of every 2x2 pixels. */
  source: ImageData;
  /** Luma of the truth, in 1/{@link LUMA_STEPS}. */
  truth: Uint16Array;
}

/** A clip in memory: some 3 MB for each frame of 720p. */
export interface Clip {
  /** Size of the truth. */
  width: number;
  height: number;
  fps: number;
  frames: readonly ClipFrame[];
}

/** Reads the first frames of a video file. Throws if this browser cannot decode it. */
export async function loadClip(url: string, maxFrames: number): Promise<Clip> {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`${url}: ${response.status}`);
  const input = new Input({ source: new BlobSource(await response.blob()), formats: ALL_FORMATS });
  const track = await input.getPrimaryVideoTrack();
  if (!track || !(await track.canDecode())) throw new Error('The clip has no video that this browser can decode.');
  const { averagePacketRate: fps } = await track.computePacketStats();
  const reader = new RgbaReader();
  const frames: ClipFrame[] = [];
  let [width, height] = [0, 0];
  for await (const sample of new VideoSampleSink(track).samples()) {
    const frame = sample.toVideoFrame();
    sample.close();
    const pixels = await reader.read(frame);
    width = pixels.width - (pixels.width % SIDE_STEP);
    height = pixels.height - (pixels.height % SIDE_STEP);
    const picture = { ...pixels, data: new Uint8ClampedArray(pixels.data.buffer) };
    const truth = cropped(picture, { left: 0, top: 0, width, height });
    frames.push({ timestampUs: frame.timestamp, source: halved(truth), truth: storedLuma(truth) });
    frame.close();
    if (frames.length >= maxFrames) break;
  }
  input.dispose();
  return { width, height, fps: Math.round(fps), frames };
}

function storedLuma(picture: ImageData): Uint16Array {
  return Uint16Array.from(lumaOf(picture), (luma) => Math.round(luma * LUMA_STEPS));
}

/** SSIM takes longer than everything else, so only one frame in this many is scored with it. */
const SSIM_EVERY = 6;

/** One shown frame beside the truth. */
export interface FrameScore {
  /** Of luma. */
  psnrDb: number;
  /** Null where it was not measured. */
  ssim: number | null;
}

/** Compares a frame of a clip, as it is shown, with the truth. */
export function scoreOf({ width, height, frames }: Clip, index: number, shown: ImageData): FrameScore {
  const frame = frames[index];
  if (!frame) throw new Error(`The clip has no frame ${index}.`);
  const truth = Float32Array.from(frame.truth, (value) => value / LUMA_STEPS);
  const luma = lumaOf(shown);
  const hasSsim = index % SSIM_EVERY === 0;
  return { psnrDb: psnrDb(luma, truth), ssim: hasSsim ? ssimAgainst({ width, height, luma: truth })(luma) : null };
}
