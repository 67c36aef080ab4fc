import { throughH264 } from './codec.ts';
import { cropped, halved, loadPicture, pixelsOf } from './pictures.ts';

/** A small picture and what it should become. */
export interface Example {
  name: string;
  small: ImageData;
  truth: ImageData;
}

/** Addresses of a still's two pictures. */
export interface Still {
  name: string;
  truth: string;
  aliased: string;
}

export type Examples = AsyncGenerator<Example, { kbps: number } | undefined>;

export async function* boxExamples(stills: readonly Still[]): Examples {
  for (const { name, truth: url } of stills) {
    const truth = await loadPicture(url);
    yield { name, small: halved(truth), truth };
  }
  return undefined;
}

export async function* aliasedExamples(stills: readonly Still[]): Examples {
  for (const { name, truth, aliased } of stills) {
    yield { name, small: await loadPicture(aliased), truth: await loadPicture(truth) };
  }
  return undefined;
}

/** How a still is moved, so that the codec predicts its last frame from others. Sizes are those of the small picture. */
const PAN = { frames: 24, margin: 16, farthest: 12 };
const PAN_STEPS = [
  { x: 1, y: 0 },
  { x: -2, y: 1 },
  { x: 3, y: -1 },
  { x: -1, y: -2 },
] as const;

/** The last frame of each still, moved by a few pixels a frame and coded. The bitrate is for the whole picture; cropping reduces it. */
export async function* pannedExamples(stills: readonly Still[], kbps: number): Examples {
  let spentKbps = 0;
  for (const [n, { name, truth: truthUrl, aliased: url }] of stills.entries()) {
    const whole = await loadPicture(url);
    const truth = await loadPicture(truthUrl);
    const step = PAN_STEPS[n % PAN_STEPS.length] ?? PAN_STEPS[0];
    const [width, height] = [whole.width - 2 * PAN.margin, whole.height - 2 * PAN.margin];
    const places = Array.from({ length: PAN.frames }, (_, frame) => ({
      left: PAN.margin + thereAndBack(frame * step.x),
      top: PAN.margin + thereAndBack(frame * step.y),
      ...{ width, height },
    }));
    const share = (width * height) / (whole.width * whole.height);
    const frames = places.map((place) => cropped(whole, place));
    const coded = await throughH264(frames, Math.round(kbps * share));
    spentKbps += coded.kbps / share / stills.length;
    const last = coded.decoded.at(-1);
    const place = places[last?.index ?? 0];
    if (!last || !place) throw new Error(`No frame of ${name} came through the codec.`);
    const twice = { left: place.left * 2, top: place.top * 2, width: width * 2, height: height * 2 };
    yield { name, small: last.image, truth: cropped(truth, twice) };
  }
  return { kbps: spentKbps };
}

/** A position between the two ends of the margin, reversing at each. */
function thereAndBack(distance: number): number {
  const { farthest } = PAN;
  const phase = (((distance + farthest) % (4 * farthest)) + 4 * farthest) % (4 * farthest);
  return (phase <= 2 * farthest ? phase : 4 * farthest - phase) - farthest;
}

export interface Clip {
  url: string;
  frames: number;
  fps: number;
  /** One frame in this many is measured. */
  every: number;
}

/** Frames of a film, box-filtered and coded; a frame that the encoder left out is not measured. */
export async function* clipExamples(clip: Clip, kbps: number): Examples {
  film ??= loadFilm(clip);
  const { small, truths } = await film;
  const coded = await throughH264(small, kbps);
  for (const { index, image } of coded.decoded) {
    const truth = truths.get(index);
    if (truth) yield { name: `clip/${index}`, small: image, truth };
  }
  return { kbps: coded.kbps };
}

interface Film {
  small: ImageData[];
  /** The measured frames by index. */
  truths: ReadonlyMap<number, ImageData>;
}

/** Read once for all bitrates: for each frame a browser decodes the film from its last keyframe. */
let film: Promise<Film> | undefined;

async function loadFilm(clip: Clip): Promise<Film> {
  const truths = new Map<number, ImageData>();
  const small: ImageData[] = [];
  for await (const [index, truth] of framesOf(clip)) {
    small.push(halved(truth));
    if (index % clip.every === clip.every - 1) truths.set(index, truth);
  }
  return { small, truths };
}

async function* framesOf({ url, frames, fps }: Clip): AsyncGenerator<readonly [number, ImageData]> {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`${url}: ${response.status}`);
  const source = URL.createObjectURL(await response.blob());
  const video = Object.assign(document.createElement('video'), { muted: true, src: source });
  try {
    for (let index = 0; index < frames; index++) {
      await new Promise((resolve, reject) => {
        video.onseeked = resolve;
        video.onerror = () => reject(new Error(video.error?.message ?? 'The clip cannot be shown.'));
        // In the middle of the frame: its edges are subject to rounding.
        video.currentTime = (index + 0.5) / fps;
      });
      yield [index, pixelsOf(video, video.videoWidth, video.videoHeight)];
    }
  } finally {
    video.removeAttribute('src');
    video.load();
    URL.revokeObjectURL(source);
  }
}
