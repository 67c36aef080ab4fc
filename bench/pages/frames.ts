import { sleep } from './gamer.ts';

/** Numbered frames: a number in each picture says which frame it is, wherever it is seen. */

const BITS = 16;
/** Height of the strip of black and white blocks along the lower edge: coarse enough for any codec and any scaling. */
const STRIP = 1 / 6;
const [BLACK, WHITE] = [16, 235];
/** A block between these belongs to a mixture of two frames, or to none. */
const UNCLEAR = { from: 80, to: 176 };

/** Where the strip begins. */
const stripTop = (height: number) => Math.floor(height * (1 - STRIP));

/** The number after this one is 0 again. */
const LARGEST_NUMBER = 2 ** BITS - 1;

function writeNumber(luma: Uint8Array, width: number, height: number, number: number): void {
  for (let bit = 0; bit < BITS; bit++) {
    const [from = 0, to = 0] = [bit, bit + 1].map((edge) => Math.round((edge * width) / BITS));
    const value = (number >> bit) & 1 ? WHITE : BLACK;
    for (let y = stripTop(height); y < height; y++) luma.fill(value, y * width + from, y * width + to);
  }
}

/** Formats whose first plane is luma, and those of four bytes a pixel, green second; others are converted to these. */
const PLANAR = /^(?:NV12|I4(?:20|22|44))A?$/;
const RGB = /^(?:RGB|BGR)[AX]$/;
/** Rows that are read: two, since chroma may have half the rows. */
const READ_ROWS = 2;

/**
 * The number of a frame of any size; null if it cannot be read. The caller closes the frame. Copies two rows of it: to copy all of a large picture
 * costs more than to show it, and would be part of what is measured. Throws what the browser throws for frames that it cannot copy.
 */
export async function readNumber(frame: VideoFrame): Promise<number | null> {
  const { visibleRect, format } = frame;
  if (!visibleRect) return null;
  const { x: left, y: top, width, height } = visibleRect;
  const rect = { x: left, y: top + 2 * Math.floor((height * (1 - STRIP / 2)) / 2), width, height: READ_ROWS };
  const isPlanar = PLANAR.test(format ?? '');
  const options = isPlanar || RGB.test(format ?? '') ? { rect } : { rect, format: 'RGBA' as const };
  const bytes = new Uint8Array(frame.allocationSize(options));
  const [first] = await frame.copyTo(bytes, options);
  const [step, channel] = isPlanar ? [1, 0] : [4, 1];
  let number = 0;
  for (let bit = 0; bit < BITS; bit++) {
    const x = Math.round(((bit + 0.5) * width) / BITS);
    const grey = bytes[(first?.offset ?? 0) + x * step + channel] ?? UNCLEAR.from;
    if (grey >= UNCLEAR.from && grey < UNCLEAR.to) return null;
    if (grey >= UNCLEAR.to) number |= 1 << bit;
  }
  return number;
}

/** Draws the luma of a frame, all but its number. */
type Painter = (luma: Uint8Array, width: number, height: number, number: number) => void;

/** A frame in I420; sizes must be even. */
export function paintFrame(paint: Painter, width: number, height: number, number: number, timestampUs: number) {
  const picture = new Uint8Array((width * height * 3) / 2).fill(128, width * height);
  const luma = picture.subarray(0, width * height);
  paint(luma, width, height, number);
  writeNumber(luma, width, height, number);
  return new VideoFrame(picture, { format: 'I420', codedWidth: width, codedHeight: height, timestamp: timestampUs });
}

/** Frames whose time of drawing is kept: more than are ever on their way. */
const REMEMBERED = 4_096;
/** How often a source that is paused looks whether it still is. */
const PAUSE_STEP_MS = 5;

/** A source of numbered frames at a steady rate. It writes them to memory, which costs next to nothing and needs no GPU. */
export class FrameSource {
  readonly frames: ReadableStream<VideoFrame>;
  /** When each of the latest numbers was drawn, ms of this page's clock. */
  readonly drawnAtMs = new Map<number, number>();
  #intervalMs: number;
  #number = 0;
  #dueMs = 0;

  constructor({ width, height, fps, paint }: { width: number; height: number; fps: number; paint: Painter }) {
    this.#intervalMs = 1_000 / fps;
    const pull = async (controller: ReadableStreamDefaultController<VideoFrame>) => {
      await this.#due();
      const number = this.#number++ & LARGEST_NUMBER;
      const atMs = performance.now();
      const frame = paintFrame(paint, width, height, number, Math.round(1_000 * atMs));
      this.drawnAtMs.set(number, atMs);
      this.drawnAtMs.delete((number - REMEMBERED) & LARGEST_NUMBER);
      controller.enqueue(frame);
    };
    this.frames = new ReadableStream({ pull }, { highWaterMark: 0 });
  }

  /** At 0 it gives no frames. */
  set fps(fps: number) {
    this.#intervalMs = 1_000 / fps;
  }

  /** Resolves when the next frame is due. The rate is steady whatever a timer's delay; after a pause the source does not catch up. */
  async #due(): Promise<void> {
    while (!Number.isFinite(this.#intervalMs)) await sleep(PAUSE_STEP_MS);
    const nowMs = performance.now();
    const isBehind = nowMs - this.#dueMs > this.#intervalMs;
    this.#dueMs = (isBehind ? nowMs : this.#dueMs) + this.#intervalMs;
    const leftMs = this.#dueMs - this.#intervalMs - nowMs;
    if (leftMs > 0) await sleep(leftMs);
  }
}

/** A moving gradient: cheap for any codec. */
export const paintGradient: Painter = (luma, width, height, number) => {
  const row = Uint8Array.from({ length: width }, (_, x) => 40 + ((x + 2 * number) % 160));
  for (let y = 0; y < height; y++) luma.set(row, y * width);
};

/** Positions that the detailed picture takes in turn, on a circle, less than two pixels apart. */
const POSITIONS = 24;
const RADIUS = 7;

/** A still picture with detail of every kind that moves a little with each frame. */
export function detailPainter(): Painter {
  const painted = new Map<number, Uint8Array>();
  return (luma, width, height, number) => {
    const position = number % POSITIONS;
    const angle = (2 * Math.PI * position) / POSITIONS;
    const known = painted.get(position) ?? detail(width, height, RADIUS * Math.cos(angle), RADIUS * Math.sin(angle));
    painted.set(position, known);
    luma.set(known);
  };
}

/** Rings that get finer outwards, a gradient with a little grain, bars that get finer, and grain. */
function detail(width: number, height: number, dx: number, dy: number): Uint8Array {
  const luma = new Uint8Array(width * height);
  for (let index = 0; index < luma.length; index++) {
    const [x, y] = [(index % width) + dx, Math.floor(index / width) + dy];
    const [right, low] = [x > width / 2, y > height / 2];
    if (!right && !low) luma[index] = 126 + 90 * Math.sin(((x - width / 4) ** 2 + (y - height / 4) ** 2) / width);
    else if (!low) luma[index] = 40 + (300 * (x - width / 2)) / width + grain(Math.round(x), Math.round(y)) / 6;
    else if (!right) luma[index] = Math.sin(x * (0.2 + (1.6 * x) / width)) > 0 ? 200 : 50;
    else luma[index] = 60 + grain(Math.round(x), Math.round(y));
  }
  return luma;
}

/** A value of 0..127 that differs from place to place and is always the same there. */
function grain(x: number, y: number): number {
  const mixed = Math.imul(Math.imul(x, 374_761_393) + Math.imul(y, 668_265_263), 1_274_126_177);
  return ((mixed ^ (mixed >>> 15)) >>> 0) % 128;
}
