import { readNumber, stripTop } from './frame-number.mjs';
import { PLACES, picturePainter } from './frame-source.mjs';
import { live, sleep } from './live.mjs';
import { median } from './statistics.mjs';

/** Codecs start coarse and get finer. */
const SETTLE_MS = 3_000;
const SAMPLES = 12;
/** Longer than it takes the stream's figures to tell what was shown. */
const FIGURES_MS = 350;
/** Of 8 bits a channel. */
const PEAK = 255;
/** What of the strip's edge the upscaler and the codec carry into the picture. */
const STRIP_BLUR = 24;

/** What the picture becomes without a codec, by its place. @type {Map<number, ImageData>} */
const references = new Map();

/**
 * How near the shown frames come to the same frames upscaled without a codec.
 * @param {{ room: string, width: number, height: number }} options
 */
export async function measureQuality({ room, width, height }) {
  const { stream } = live(room);
  if (references.size === 0) makeReferences(width, height);
  await sleep(SETTLE_MS);
  const psnrs = [];
  for (let sample = 0; sample < SAMPLES; sample++) {
    const { framesLocal } = stream.stats();
    await sleep(FIGURES_MS);
    const shown = pictureOf(stream.canvas, 2 * width, 2 * height);
    await sleep(FIGURES_MS);
    // One that was filled in from here went through no codec.
    if (stream.stats().framesLocal !== framesLocal) continue;
    const number = readNumber(shown);
    const reference = number === null ? undefined : references.get(number % PLACES);
    if (reference) psnrs.push(lumaPsnr(shown, reference));
  }
  const { uplinkKbps, downlinkKbps, codec, fps } = stream.stats();
  return {
    psnrDb: median(psnrs),
    ...{ uplinkKbps, downlinkKbps, codec, fps, samples: psnrs.length },
  };
}

/**
 * Scaled as the volunteer of this section does it.
 * @param {number} width
 * @param {number} height
 */
function makeReferences(width, height) {
  const paint = picturePainter();
  for (let place = 0; place < PLACES; place++) {
    const picture = new Uint8Array((width * height * 3) / 2).fill(128, width * height);
    paint(picture.subarray(0, width * height), width, height, place);
    const frame = new VideoFrame(picture, { format: 'I420', codedWidth: width, codedHeight: height, timestamp: 0 });
    references.set(place, pictureOf(frame, 2 * width, 2 * height));
    frame.close();
  }
}

/**
 * @param {CanvasImageSource} image
 * @param {number} width
 * @param {number} height
 */
function pictureOf(image, width, height) {
  const context = new OffscreenCanvas(width, height).getContext('2d', { alpha: false, willReadFrequently: true });
  if (!context) throw new Error('There is no canvas to read from.');
  context.drawImage(image, 0, 0, width, height);
  return context.getImageData(0, 0, width, height);
}

/**
 * Of what is above the strip with the number.
 * @param {ImageData} one
 * @param {ImageData} other
 */
function lumaPsnr(one, other) {
  const pixels = one.width * (stripTop(one.height) - STRIP_BLUR);
  let squares = 0;
  for (let pixel = 0; pixel < pixels; pixel++) squares += (luma(one.data, pixel) - luma(other.data, pixel)) ** 2;
  return 10 * Math.log10((PEAK * PEAK * pixels) / squares);
}

/** ITU-R BT.709. @param {Uint8ClampedArray} data @param {number} pixel */
function luma(data, pixel) {
  const [red = 0, green = 0, blue = 0] = [data[4 * pixel], data[4 * pixel + 1], data[4 * pixel + 2]];
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}
