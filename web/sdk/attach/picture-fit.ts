import type { PictureSize } from '../../../shared/tasks/upscale-size.ts';

// Where a replaced element draws its picture: CSS Images 3, sections 5.5 (object-fit) and 5.6 (object-position).

/** CSS pixels. */
export interface Rect extends PictureSize {
  left: number;
  top: number;
}

/**
 * The rectangle that a picture fills, relative to the top left corner of its content box. It may exceed the box, which clips it.
 *
 * @param natural - size of the picture by itself
 * @param fit - computed value of `object-fit`
 * @param position - computed value of `object-position`, such as `50% 50%` or `calc(100% - 8px) 0px`
 */
export function pictureRect(box: PictureSize, natural: PictureSize, fit: string, position: string): Rect {
  const { width, height } = fittedSize(box, natural, fit);
  const [x = '50%', y = '50%'] = componentsOf(position);
  return { left: offsetOf(x, box.width - width), top: offsetOf(y, box.height - height), width, height };
}

function fittedSize(box: PictureSize, natural: PictureSize, fit: string): PictureSize {
  const byWidth = box.width / natural.width;
  const byHeight = box.height / natural.height;
  switch (fit) {
    case 'contain':
      return scaled(natural, Math.min(byWidth, byHeight));
    case 'cover':
      return scaled(natural, Math.max(byWidth, byHeight));
    case 'none':
      return natural;
    case 'scale-down':
      return scaled(natural, Math.min(1, byWidth, byHeight));
    default:
      return box;
  }
}

function scaled({ width, height }: PictureSize, factor: number): PictureSize {
  return { width: width * factor, height: height * factor };
}

/** Splits `calc(100% - 8px) 0px` into its two parts: spaces within parentheses do not separate. */
function componentsOf(position: string): string[] {
  return position.match(/(?:[^\s(]|\([^)]*\))+/g) ?? [];
}

/** @param free - what the picture leaves of the box, of which percentages are parts; negative if it is larger */
function offsetOf(component: string, free: number): number {
  let offset = 0;
  for (const [, sign, number, unit] of component.matchAll(/([+-]?)\s*(\d*\.?\d+)(%|px)/g)) {
    const value = Number(number) * (sign === '-' ? -1 : 1);
    offset += unit === '%' ? (value / 100) * free : value;
  }
  return offset;
}
