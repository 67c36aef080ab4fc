/**
 * A number that a frame carries in its picture, as a strip of black and white blocks along its lower edge: coarse enough to come
 * through any codec and any scaling.
 */

const BITS = 16;
/** Of the picture's height. */
const STRIP = 1 / 6;
const [BLACK, WHITE] = [16, 235];
/** Between these a block tells nothing: it stands for two frames that were mixed, or for none. */
const UNCLEAR = { from: 80, to: 176 };

/** Where the strip begins. @param {number} height */
export const stripTop = (height) => Math.floor(height * (1 - STRIP));

/** Numbers begin anew after this one. */
export const LARGEST_NUMBER = 2 ** BITS - 1;

/**
 * @param {Uint8Array} luma
 * @param {number} width
 * @param {number} height
 * @param {number} number
 */
export function writeNumber(luma, width, height, number) {
  for (let bit = 0; bit < BITS; bit++) {
    const [from, to] = [bit, bit + 1].map((edge) => Math.round((edge * width) / BITS));
    const value = (number >> bit) & 1 ? WHITE : BLACK;
    for (let y = stripTop(height); y < height; y++) luma.fill(value, y * width + (from ?? 0), y * width + (to ?? 0));
  }
}

/**
 * @param {ImageData} picture of any size
 * @returns {number | null} null when it cannot be read
 */
export function readNumber({ data, width, height }) {
  const y = Math.round(height * (1 - STRIP / 2));
  let number = 0;
  for (let bit = 0; bit < BITS; bit++) {
    const green = data[4 * (y * width + Math.round(((bit + 0.5) * width) / BITS)) + 1] ?? UNCLEAR.from;
    if (green >= UNCLEAR.from && green < UNCLEAR.to) return null;
    if (green >= UNCLEAR.to) number |= 1 << bit;
  }
  return number;
}
