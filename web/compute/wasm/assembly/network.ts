import { BLOCK, convolvedRow } from './convolution';
import { doubledRow, fixedRow, SOURCE_BYTES } from './doubling';

/**
 * A network on a picture, row by row: a row of a layer is computed when the next layer needs it, and the last three rows of each layer are
 * kept. So the rows in use stay in the processor's cache, and a job that goes on from row to row computes each once.
 */
let source: usize = 0;
let width: i32 = 0;
let height: i32 = 0;
let target: usize = 0;
/** Descriptions of the layers, {@link LAYER_BYTES} each: see `at` below. */
let layers: usize = 0;
let count: i32 = 0;
let scratch: usize = 0;
let nextRow: i32 = 0;

const LAYER_BYTES: i32 = 32;
const MAX_LAYERS: i32 = 12;
/** Kept rows of the source: the last layer lags behind the first by a row a layer, and its result is added to the source. */
const SOURCE_KEPT: i32 = 16;
const KEPT: i32 = 3;

// The parts of a description, 32 bits each.
function inBytesOf(layer: i32): i32 {
  return load<i32>(layers + layer * LAYER_BYTES);
}
function outBytesOf(layer: i32): i32 {
  return load<i32>(layers + layer * LAYER_BYTES, 4);
}
function weightsOf(layer: i32): i32 {
  return load<i32>(layers + layer * LAYER_BYTES, 8);
}
function biasesOf(layer: i32): i32 {
  return load<i32>(layers + layer * LAYER_BYTES, 12);
}
function shiftOf(layer: i32): i32 {
  return load<i32>(layers + layer * LAYER_BYTES, 16);
}
function leakOf(layer: i32): i32 {
  return load<i32>(layers + layer * LAYER_BYTES, 20);
}

/** Memory that a job needs besides its pictures and layers. `channels` are those of all layers together. */
export function networkScratchBytes(sourceWidth: i32, channels: i32): i32 {
  const pixels = paddedPixels(sourceWidth);
  return MAX_LAYERS * 8 + pixels * (SOURCE_BYTES * (SOURCE_KEPT + 1) + channels * 2 * KEPT);
}

/** One pixel before a row and one after it, whole blocks, and what a store of eight outputs may exceed them by. */
function paddedPixels(sourceWidth: i32): i32 {
  return ((sourceWidth + BLOCK - 1) & -BLOCK) + 2 + 2;
}

/** Begins an opaque picture; the result has twice its size. */
export function openNetwork(
  pixels: usize,
  sourceWidth: i32,
  sourceHeight: i32,
  result: usize,
  descriptions: usize,
  layerCount: i32,
  room: usize,
): void {
  source = pixels;
  width = sourceWidth;
  height = sourceHeight;
  target = result;
  layers = descriptions;
  count = layerCount;
  scratch = room;
  nextRow = -1;
}

/** In scratch memory: the next row of the source and of each layer's result, and where the kept rows begin. */
function nextOf(level: i32): i32 {
  return load<i32>(scratch + level * 8);
}
function setNext(level: i32, y: i32): void {
  store<i32>(scratch + level * 8, y);
}
function keptAt(level: i32): i32 {
  return load<i32>(scratch + level * 8, 4);
}

function pixelBytes(level: i32): i32 {
  return level === 0 ? SOURCE_BYTES : outBytesOf(level - 1);
}

/** The pixel before the first of a kept row; rows outside the picture repeat its first or last one. */
function rowAt(level: i32, y: i32): usize {
  const inside = min(max(y, 0), height - 1);
  const slot = level === 0 ? inside % SOURCE_KEPT : inside % KEPT;
  return keptAt(level) + slot * paddedPixels(width) * pixelBytes(level);
}

/** Computes the result of the source rows from `from` to before `to`. Goes on where the last call ended, if that is `from`. */
export function networkRows(from: i32, to: i32): void {
  if (from !== nextRow) start(from);
  const pixels = paddedPixels(width);
  const room = scratch + MAX_LAYERS * 8;
  const isLuma = outBytesOf(count - 1) === 8;
  for (let y = from; y < to; y++) {
    need(count, y);
    const detail = rowAt(count, y) + pixelBytes(count);
    const rowBytes = width * 8;
    const out = target + y * 2 * rowBytes;
    const here = rowAt(0, y);
    doubledRow(rowAt(0, y - 1), here, detail, width, pixels, isLuma, false, room, out);
    doubledRow(rowAt(0, y + 1), here, detail, width, pixels, isLuma, true, room, out + rowBytes);
  }
  nextRow = to;
}

/** Forgets the kept rows: each layer begins with the first row that the result of row `from` depends on. */
function start(from: i32): void {
  const pixels = paddedPixels(width);
  let room = scratch + MAX_LAYERS * 8 + pixels * SOURCE_BYTES;
  for (let level = 0; level <= count; level++) {
    store<i32>(scratch + level * 8, max(0, from - (count - level)), 0);
    store<i32>(scratch + level * 8, <i32>room, 4);
    room += pixels * pixelBytes(level) * (level === 0 ? SOURCE_KEPT : KEPT);
  }
}

/** Computes a level's rows up to `y`. Level 0 is the source, and each layer makes the next level. */
function need(level: i32, y: i32): void {
  const last = min(y, height - 1);
  for (let next = nextOf(level); next <= last; next++) {
    setNext(level, next + 1);
    const row = rowAt(level, next);
    const bytes = pixelBytes(level);
    if (level === 0) {
      fixedRow(source + next * width * 4, width, row + bytes);
    } else {
      const layer = level - 1;
      need(layer, next + 1);
      convolvedRow(
        rowAt(layer, next - 1),
        rowAt(layer, next),
        rowAt(layer, next + 1),
        inBytesOf(layer),
        bytes,
        weightsOf(layer),
        biasesOf(layer),
        shiftOf(layer),
        leakOf(layer),
        width,
        row + bytes,
      );
    }
    memory.copy(row, row + bytes, bytes);
    memory.copy(row + (width + 1) * bytes, row + width * bytes, bytes);
  }
}
