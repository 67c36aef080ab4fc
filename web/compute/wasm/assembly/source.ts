import { lumaRow } from './edges';
import { floatRow, PAD, PIXEL } from './rows';

/**
 * The job of the filters: one at a time for each instance of the module, which is one for each thread. The picture is read row by row when
 * a filter needs it, and the last rows are kept, so that a job that goes on from row to row converts each row once.
 */
let pixels: usize = 0;
let width: i32 = 0;
let height: i32 = 0;
let opaque: bool = false;
let needsLuma: bool = false;

/** The tallest kernel reads four rows. */
const ROWS_KEPT: i32 = 4;
/** Row numbers of the kept rows, four bytes each, and then the rows. */
let kept: usize = 0;

export function openSource(
  source: usize,
  sourceWidth: i32,
  sourceHeight: i32,
  isOpaque: bool,
  hasLuma: bool,
  scratch: usize,
): void {
  pixels = source;
  width = sourceWidth;
  height = sourceHeight;
  opaque = isOpaque;
  needsLuma = hasLuma;
  kept = scratch;
  for (let i = 0; i < ROWS_KEPT; i++) store<i32>(kept + i * 4, -1);
}

export function sourceScratchBytes(sourceWidth: i32): i32 {
  return 16 + ROWS_KEPT * slotBytes(sourceWidth);
}

/** Bytes of a padded row. */
export function rowBytes(sourceWidth: i32): i32 {
  return (sourceWidth + 2 * PAD) * PIXEL;
}

/** A row and its brightness; both are computed four pixels at a time, and read a little further. */
function slotBytes(sourceWidth: i32): i32 {
  return rowBytes(sourceWidth) + (((sourceWidth + 2 * PAD + 8) * 4 + 15) & ~15);
}

/** A padded row; rows outside the picture repeat its first or last one. Valid until four others were requested. */
export function rowAt(y: i32): usize {
  const inside = min(max(y, 0), height - 1);
  const slot = inside % ROWS_KEPT;
  const row = kept + 16 + slot * slotBytes(width);
  if (load<i32>(kept + slot * 4) !== inside) {
    floatRow(pixels + inside * width * 4, width, opaque, row);
    if (needsLuma) lumaRow(row, width + 2 * PAD, row + rowBytes(width));
    store<i32>(kept + slot * 4, inside);
  }
  return row;
}

/** The brightness of a row's pixels, padded like it. Valid as long as the row. */
export function lumaAt(y: i32): usize {
  return rowAt(y) + rowBytes(width);
}
