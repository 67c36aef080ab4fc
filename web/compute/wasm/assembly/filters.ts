import { bicubicRow, cubicWeights } from './bicubic';
import { bilinearRow } from './bilinear';
import { detailRow } from './detail';
import { edgeRow, edgesBetween } from './edges';
import { PAD, PIXEL, writeRow } from './rows';
import { lumaAt, openSource, rowAt, rowBytes, sourceScratchBytes } from './source';
import { edgeAdaptiveRow, kernelRow, sharpenRow, WEIGHTS_BYTES } from './spatial';

/** Numbers of the filters, as in web/compute/wasm/kernel-instance.ts. */
const BILINEAR: i32 = 0;
const BICUBIC: i32 = 1;
const SPATIAL: i32 = 2;

let filter: i32 = 0;
let width: i32 = 0;
let height: i32 = 0;
let target: usize = 0;
let outWidth: i32 = 0;
let outHeight: i32 = 0;
let opaque: bool = false;
/** For each output column the input pixel at or before it, and how far after it; the same for the lines. */
let columnBases: usize = 0;
let columnShares: usize = 0;
let lineBases: usize = 0;
let lineShares: usize = 0;

/** Of `bicubic`: the weights of each output column. */
let across: usize = 0;
/** Room for one row each: a padded one between two input rows, the edges there, and what is written. */
let line: usize = 0;
let edges: usize = 0;
let written: usize = 0;
let kernels: usize = 0;
let tapWeights: usize = 0;
/** Two rows of edges and three upscaled rows, which are kept for the next row. */
let keptEdges: usize = 0;
let keptUpscaled: usize = 0;
const EDGES_KEPT: i32 = 2;
const UPSCALED_KEPT: i32 = 3;

/** The input rows whose edges are kept. */
let evenEdges: i32 = 0;
let oddEdges: i32 = 0;
const NONE: i32 = -2;
let nextUpscaled: i32 = 0;
let nextWritten: i32 = 0;

/** Of detail: the picture that the bicubic one is subtracted from, codes for one 8-bit level, and 8-bit levels that are no detail. */
let sharp: usize = 0;
let gain: f32 = 0;
let deadZone: f32 = 0;

/** Memory that a job needs besides its pictures and tables. */
export function filterScratchBytes(sourceWidth: i32, targetWidth: i32): i32 {
  return (
    sourceScratchBytes(sourceWidth) +
    rowBytes(sourceWidth) +
    edgeBytes(sourceWidth) * (1 + EDGES_KEPT) +
    outBytes(targetWidth) * (3 + UPSCALED_KEPT) +
    WEIGHTS_BYTES
  );
}

/** The pixels of a row and one on each side, computed four at a time. */
function edgeBytes(sourceWidth: i32): i32 {
  return (sourceWidth + 2 + 3) * PIXEL;
}

function outBytes(targetWidth: i32): i32 {
  return (targetWidth + 3) * PIXEL;
}

/**
 * Begins a picture.
 *
 * @param columns - bases, then shares of the output columns, four bytes each, each padded to a multiple of four entries.
 * @param lines - the same for the output lines.
 * @param scratch - {@link filterScratchBytes}, this thread's own; aligned to 16.
 */
export function openFilter(
  name: i32,
  source: usize,
  sourceWidth: i32,
  sourceHeight: i32,
  result: usize,
  resultWidth: i32,
  resultHeight: i32,
  columns: usize,
  lines: usize,
  isOpaque: bool,
  scratch: usize,
): void {
  filter = name;
  width = sourceWidth;
  height = sourceHeight;
  target = result;
  outWidth = resultWidth;
  outHeight = resultHeight;
  opaque = isOpaque;
  columnBases = columns;
  columnShares = columns + paddedTable(resultWidth);
  lineBases = lines;
  lineShares = lines + paddedTable(resultHeight);
  openSource(source, width, height, opaque, filter === SPATIAL, scratch);
  line = scratch + sourceScratchBytes(width);
  edges = line + rowBytes(width);
  keptEdges = edges + edgeBytes(width);
  written = keptEdges + EDGES_KEPT * edgeBytes(width);
  across = written + outBytes(outWidth);
  keptUpscaled = across + outBytes(outWidth);
  kernels = keptUpscaled + UPSCALED_KEPT * outBytes(outWidth);
  tapWeights = kernels + outBytes(outWidth);
  nextWritten = -1;
  if (filter === BICUBIC) {
    for (let x = 0; x < outWidth; x++) v128.store(across + x * 16, cubicWeights(load<f32>(columnShares + x * 4)));
  }
}

function paddedTable(entries: i32): i32 {
  return ((entries + 3) & ~3) * 4;
}

/** Computes the output rows from `from` to before `to`. Goes on where the last call ended, if that is `from`. */
export function filterRows(from: i32, to: i32): void {
  if (filter === SPATIAL) {
    spatialRows(from, to);
    return;
  }
  for (let y = from; y < to; y++) {
    const top = load<i32>(lineBases + y * 4);
    const share = load<f32>(lineShares + y * 4);
    if (filter === BILINEAR) {
      bilinearRow(
        rowAt(top),
        rowAt(top + 1),
        share,
        width + 2 * PAD,
        columnBases,
        columnShares,
        outWidth,
        line,
        written,
      );
    } else {
      bicubicAt(top, share);
    }
    writeRow(written, outWidth, opaque, target + y * outWidth * 4);
  }
}

/** Computes the bicubic row that lies `share` of the way after the input row `top`. */
function bicubicAt(top: i32, share: f32): void {
  const first = rowAt(top - 1);
  const last = rowAt(top + 2);
  const weights = cubicWeights(share);
  const padded = width + 2 * PAD;
  bicubicRow(
    first,
    rowAt(top),
    rowAt(top + 1),
    last,
    weights,
    padded,
    columnBases,
    across,
    outWidth,
    opaque,
    line,
    written,
  );
}

/**
 * Begins detail in place of a bicubic picture, after {@link openFilter} of that: `result` there is room for the codes, a byte a pixel, in rows
 * padded to a multiple of four.
 *
 * @param picture - of the size of the result; straight RGBA8.
 * @param codesPerStep - of 255; `stepsIgnored` are such steps.
 */
export function openDetail(picture: usize, codesPerStep: f32, stepsIgnored: f32): void {
  sharp = picture;
  gain = codesPerStep;
  deadZone = stepsIgnored;
}

/** Computes rows of detail, as {@link filterRows}. */
export function detailRows(from: i32, to: i32): void {
  for (let y = from; y < to; y++) {
    bicubicAt(load<i32>(lineBases + y * 4), load<f32>(lineShares + y * 4));
    const codes = target + y * ((outWidth + 3) & ~3);
    detailRow(written, sharp + y * outWidth * 4, outWidth, opaque, gain, deadZone, codes);
  }
}

function spatialRows(from: i32, to: i32): void {
  if (from !== nextWritten) {
    nextUpscaled = max(from - 1, 0);
    evenEdges = NONE;
    oddEdges = NONE;
  }
  const last = outHeight - 1;
  for (let y = from; y < to; y++) {
    for (const needed = min(y + 1, last); nextUpscaled <= needed; nextUpscaled++) upscaleRow(nextUpscaled);
    sharpenRow(upscaledAt(max(y - 1, 0)), upscaledAt(y), upscaledAt(min(y + 1, last)), outWidth, written);
    writeRow(written, outWidth, opaque, target + y * outWidth * 4);
  }
  nextWritten = to;
}

function upscaledAt(y: i32): usize {
  return keptUpscaled + (y % UPSCALED_KEPT) * outBytes(outWidth);
}

function upscaleRow(y: i32): void {
  const top = load<i32>(lineBases + y * 4);
  const share = load<f32>(lineShares + y * 4);
  edgesBetween(edgesAt(top), edgesAt(top + 1), share, width, edges);
  const first = rowAt(top - 1);
  const upper = rowAt(top);
  const lower = rowAt(top + 1);
  const last = rowAt(top + 2);
  kernelRow(edges, columnBases, columnShares, outWidth, kernels);
  edgeAdaptiveRow(
    first,
    upper,
    lower,
    last,
    share,
    kernels,
    columnBases,
    columnShares,
    outWidth,
    tapWeights,
    upscaledAt(y),
  );
}

/** The edges of an input row, from the one before the first to the one after the last. */
function edgesAt(y: i32): usize {
  const isOdd = y & 1;
  const row = keptEdges + isOdd * edgeBytes(width);
  if ((isOdd ? oddEdges : evenEdges) === y) return row;
  edgeRow(lumaAt(y - 1), lumaAt(y), lumaAt(y + 1), width, row);
  if (isOdd) oddEdges = y;
  else evenEdges = y;
  return row;
}
