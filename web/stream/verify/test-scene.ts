import { MAX_DETAIL_CODES, NO_DETAIL_CODE } from '../../../shared/detail.ts';
import { seededRandom } from '../../../shared/seeded-random.ts';
import { detailRows } from '../../compute/reference/detail.ts';
import type { LumaPlane } from './luma-reader.ts';

/** Of the source; detail is twice as large. Sky above, a landscape with edges below. */
export const SCENE = { width: 160, height: 96, outWidth: 320, outHeight: 192, skyRows: 48 } as const;
export const CODING = { base: 'bicubic', gain: 2, deadZone: 1 } as const;

export interface SceneFrame {
  luma: LumaPlane;
  /** What a network that knew the truth would send. */
  codes: Uint8Array;
}

/** A frame of a camera that has moved this many pixels to the right through the landscape with this number. */
export function sceneFrame(moved: number, seed = 1): SceneFrame {
  const { width, height, outWidth, outHeight } = SCENE;
  const truth = paintedScene(moved, seed);
  const source = new Uint8Array(4 * width * height).fill(255);
  const bytes = new Uint8Array(width * height);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const at = 2 * y * outWidth + 2 * x;
      const around = [at, at + 1, at + outWidth, at + outWidth + 1];
      const mean = Math.round(around.reduce((sum, each) => sum + (truth[each] ?? 0), 0) / around.length);
      bytes[y * width + x] = mean;
      source.fill(mean, 4 * (y * width + x), 4 * (y * width + x) + 3);
    }
  }
  const sharp = new Uint8Array(4 * truth.length).fill(255);
  for (const [at, luma] of truth.entries()) sharp.fill(luma, 4 * at, 4 * at + 3);
  const codes = new Uint8Array(truth.length);
  const pictures = [
    { width, height, data: source },
    { width: outWidth, height: outHeight, data: sharp },
  ] as const;
  for (const _ of detailRows(...pictures, CODING, codes));
  return { luma: { width, height, bytes, offset: 0, stride: width }, codes };
}

/** Luma, at the size of the detail. */
function paintedScene(moved: number, seed: number): Uint8Array {
  const { outWidth, outHeight, skyRows } = SCENE;
  const random = seededRandom(seed);
  const luma = new Uint8Array(outWidth * outHeight);
  for (let y = 0; y < outHeight; y++) luma.fill(170 + y / 8, y * outWidth, (y + 1) * outWidth);
  // Houses, whose walls have windows.
  for (let house = 0; house < 90; house++) {
    const [left, top] = [Math.floor(1_200 * random()) - 2 * moved, 2 * skyRows + Math.floor(90 * random())];
    const [across, wall, pane] = [14 + Math.floor(40 * random()), 40 + 180 * random(), 40 + 180 * random()];
    for (let y = top; y < outHeight; y++) {
      for (let x = Math.max(0, left); x < Math.min(outWidth, left + across); x++) {
        const isPane = (x - left) % 7 > 3 && (y - top) % 9 > 4;
        luma[y * outWidth + x] = isPane ? pane : wall;
      }
    }
  }
  return luma;
}

/** What a codec at a low rate leaves: coarse steps, a little noise, and here and there a block of nothing. */
export function coded(codes: Uint8Array, random: () => number, step = 8): Uint8Array {
  const { outWidth, outHeight } = SCENE;
  const made = new Uint8Array(codes.length);
  for (let top = 0; top < outHeight; top += 16) {
    for (let left = 0; left < outWidth; left += 16) {
      const isLeftOut = random() < 0.2;
      for (let y = top; y < top + 16; y++) {
        for (let x = left; x < left + 16; x++) {
          const at = y * outWidth + x;
          const distance = isLeftOut ? 0 : step * Math.round((codes[at] ?? 0) / step - NO_DETAIL_CODE / step);
          made[at] = NO_DETAIL_CODE + distance + Math.round(4 * (random() - 0.5));
        }
      }
    }
  }
  return made;
}

/** Codes with something added by position, within what can be coded. */
export function plus(codes: Uint8Array, added: (x: number, y: number) => number): Uint8Array {
  return codes.map((code, at) => {
    const distance = code - NO_DETAIL_CODE + added(at % SCENE.outWidth, Math.floor(at / SCENE.outWidth));
    return NO_DETAIL_CODE + Math.max(-MAX_DETAIL_CODES, Math.min(MAX_DETAIL_CODES, distance));
  });
}

/** An H, of strokes this thick, in the sky: its box is 32 x 40 pixels of the detail. */
export const LETTER = { x: 96, y: 28, width: 32, height: 40 } as const;

export function isInLetter(x: number, y: number, strokePx: number): boolean {
  const [column, row] = [x - LETTER.x, y - LETTER.y];
  if (column < 0 || column >= LETTER.width || row < 0 || row >= LETTER.height) return false;
  const isBar = Math.abs(row - LETTER.height / 2) < strokePx / 2;
  return column < strokePx || column >= LETTER.width - strokePx || isBar;
}
