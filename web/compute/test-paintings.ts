import { colorSpaceOf, type Painting } from './painted-frames.ts';

/** What frames of tests are painted with, and the colour spaces that they name. */

export const SIZE = { width: 64, height: 48 };
/** Size of the visible part of a frame of which not all is visible. */
export const PART = { width: 40, height: 30 };

const COLOURS = [
  [200, 40, 60],
  [30, 180, 70],
  [40, 60, 210],
  [240, 230, 40],
  [128, 128, 128],
  [16, 16, 16],
  [250, 250, 250],
  [20, 200, 220],
] as const;

/** Areas of one colour each. */
export const flat: Painting = (x, y) => COLOURS[(Math.floor(x / 16) % 4) + 4 * (Math.floor(y / 24) % 2)] ?? [];

export const bt709 = colorSpaceOf('bt709');
export const bt709Full = colorSpaceOf('bt709', { fullRange: true });
export const bt601 = colorSpaceOf('smpte170m', { primaries: 'smpte170m', transfer: 'smpte170m' });
export const p3 = colorSpaceOf('rgb', { fullRange: true, primaries: 'smpte432', transfer: 'iec61966-2-1' });
