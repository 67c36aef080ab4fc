import type { PixelImage } from '../../shared/tasks/definition.ts';
import { halved as half } from '../../web/compute/test-pictures.ts';
import { newTraffic, throughCodec } from '../glass/through-codec.ts';

/** A small picture and what it should become. */
export interface Example {
  game: string;
  name: string;
  small: ImageData;
  truth: ImageData;
}

/** Addresses of a still's two pictures. */
export interface Still {
  game: string;
  name: string;
  truth: string;
  aliased: string;
}

export type Examples = AsyncGenerator<Example, { kbps: number } | undefined>;

/** How the small picture is made: the mean of every 2x2 pixels, or one sample of each, as games render. */
export type Input = 'box' | 'aliased';

/**
 * The samples of the aliased pictures all lie to the same side of their pixels' centres, so that moving the picture would score. Each still is therefore
 * mirrored in another way than the one before.
 */
async function load({ game, name, truth: url, aliased }: Still, input: Input, turn: number): Promise<Example> {
  const truth = await loadPicture(url);
  if (input === 'box') return { game, name, small: halved(truth), truth };
  return { game, name, small: mirrored(await loadPicture(aliased), turn), truth: mirrored(truth, turn) };
}

/** @param turn - 0 to 3: which sides change places. */
function mirrored({ data, width, height }: ImageData, turn: number): ImageData {
  const result = new ImageData(width, height);
  const from = new Uint32Array(data.buffer);
  const to = new Uint32Array(result.data.buffer);
  for (let y = 0; y < height; y++) {
    const row = (turn & 2 ? height - 1 - y : y) * width;
    for (let x = 0; x < width; x++) to[y * width + x] = from[row + (turn & 1 ? width - 1 - x : x)] ?? 0;
  }
  return result;
}

const turnOf = (index: number) => index % 4;

/** The stills. */
export async function* stillExamples(stills: readonly Still[], input: Input): Examples {
  for (const [index, still] of stills.entries()) yield load(still, input, turnOf(index));
  return undefined;
}

/** A still moves on a circle, some pixels a frame, so that the codec predicts its last frame from others. Sizes are those of the small picture. */
const PAN = { frames: 24, margin: 16, radius: 12 };

/** The last frame of each still, moved by a few pixels a frame and coded. The bitrate is for the whole picture; cropping reduces it. */
export async function* pannedExamples(stills: readonly Still[], input: Input, kbps: number): Examples {
  let spentKbps = 0;
  for (const [index, still] of stills.entries()) {
    const { game, name, small, truth } = await load(still, input, turnOf(index));
    const [width, height] = [small.width - 2 * PAN.margin, small.height - 2 * PAN.margin];
    const places = Array.from({ length: PAN.frames }, (_, frame) => {
      const angle = (2 * Math.PI * frame) / PAN.frames;
      const left = PAN.margin + Math.round(PAN.radius * Math.cos(angle));
      return { left, top: PAN.margin + Math.round(PAN.radius * Math.sin(angle)), width, height };
    });
    const share = (width * height) / (small.width * small.height);
    const frames = places.map((place) => cropped(small, place));
    const coded = await codedFrames(frames, Math.round(kbps * share));
    spentKbps += coded.spentKbps / share / stills.length;
    const last = coded.frames.at(-1);
    const place = last && places[last.index];
    if (!last || !place) throw new Error(`No frame of ${name} came through the codec.`);
    const twice = { left: place.left * 2, top: place.top * 2, width: width * 2, height: height * 2 };
    yield { game, name, small: last.image, truth: cropped(truth, twice) };
  }
  return { kbps: spentKbps };
}

const FPS = 30;

/** Sends frames of one size through H.264. The encoder may drop some to keep its bitrate; `index` counts what it was given. */
export async function codedFrames(images: readonly ImageData[], kbps: number) {
  const { width = 0, height = 0 } = images[0] ?? {};
  const traffic = newTraffic();
  const frames: { index: number; image: ImageData }[] = [];
  for await (const frame of throughCodec(framesOf(images), { codec: 'h264', width, height, fps: FPS, kbps }, traffic)) {
    const index = Math.round((frame.timestamp * FPS) / 1_000_000);
    frames.push({ index, image: pixelsOf(frame, width, height) });
    frame.close();
  }
  return { frames, spentKbps: (traffic.bytes * 8 * FPS) / images.length / 1_000 };
}

async function* framesOf(images: readonly ImageData[]): AsyncGenerator<VideoFrame> {
  for (const [index, { data, width, height }] of images.entries()) {
    const timestamp = Math.round((index * 1_000_000) / FPS);
    yield new VideoFrame(data, { format: 'RGBX', codedWidth: width, codedHeight: height, timestamp });
  }
}

async function loadPicture(url: string): Promise<ImageData> {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`${url}: ${response.status}`);
  const bitmap = await createImageBitmap(await response.blob(), { colorSpaceConversion: 'none' });
  const pixels = pixelsOf(bitmap, bitmap.width, bitmap.height);
  bitmap.close();
  return pixels;
}

export function pixelsOf(image: CanvasImageSource, width: number, height: number): ImageData {
  const painter = new OffscreenCanvas(width, height).getContext('2d', { alpha: false, willReadFrequently: true });
  if (!painter) throw new Error('There is no canvas to read from.');
  painter.drawImage(image, 0, 0, width, height);
  return painter.getImageData(0, 0, width, height);
}

/** The mean of every 2x2 pixels. */
export function halved(picture: PixelImage): ImageData {
  const { data, width, height } = half(picture);
  return new ImageData(Uint8ClampedArray.from(data), width, height);
}

type Place = Record<'left' | 'top' | 'width' | 'height', number>;

export function cropped(image: PixelImage, { left, top, width, height }: Place): ImageData {
  const crop = new ImageData(width, height);
  for (let y = 0; y < height; y++) {
    const from = ((top + y) * image.width + left) * 4;
    crop.data.set(image.data.subarray(from, from + width * 4), y * width * 4);
  }
  return crop;
}
