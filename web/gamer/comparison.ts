import { MeshError } from '../../shared/errors.ts';
import type { Size, Source } from './source.ts';

/** The two pictures on the page, and the position of the divider. */
export interface Comparison {
  before: Source['before'];
  after: HTMLCanvasElement;
  splitPercent: number;
}

const GROUND = '#070a0f';
const DIVIDER = '#e9eef7';
/** Relative to the picture's width, so that the divider is visible at any size. */
const DIVIDER_SHARE = 1 / 400;
const GAP_SHARE = 1 / 100;

/** Makes a canvas of this size. Throws MeshError `too-large`. */
export function blankCanvas({ width, height }: Size): CanvasRenderingContext2D {
  const canvas = Object.assign(document.createElement('canvas'), { width, height });
  const context = canvas.getContext('2d', { alpha: false });
  if (!context) throw cannotDraw();
  return context;
}

/** Draws the comparison as on the page, before to the left of the divider and after to the right. Letterboxed to fit the canvas. */
export function paintSplit(context: CanvasRenderingContext2D, { before, after, splitPercent }: Comparison): void {
  const { canvas } = context;
  const fit = Math.min(canvas.width / after.width, canvas.height / after.height);
  const [width, height] = [after.width * fit, after.height * fit];
  const [left, top] = [(canvas.width - width) / 2, (canvas.height - height) / 2];
  const split = left + (width * splitPercent) / 100;
  context.fillStyle = GROUND;
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.drawImage(before, left, top, width, height);
  context.save();
  context.beginPath();
  context.rect(split, top, left + width - split, height);
  context.clip();
  context.drawImage(after, left, top, width, height);
  context.restore();
  if (splitPercent <= 0 || splitPercent >= 100) return;
  const thickness = Math.max(1, width * DIVIDER_SHARE);
  context.fillStyle = DIVIDER;
  context.fillRect(split - thickness / 2, top, thickness, height);
}

/** Draws both pictures side by side at the sharpened one's size. */
export function sideBySide({ before, after }: Comparison): HTMLCanvasElement {
  const { width, height } = after;
  const gap = Math.ceil(width * GAP_SHARE);
  const context = blankCanvas({ width: 2 * width + gap, height });
  context.fillStyle = GROUND;
  context.fillRect(width, 0, gap, height);
  context.drawImage(before, 0, 0, width, height);
  context.drawImage(after, width + gap, 0, width, height);
  return context.canvas;
}

/** A snapshot of a canvas that keeps changing. */
export function copyOf(canvas: HTMLCanvasElement): HTMLCanvasElement {
  const context = blankCanvas(canvas);
  context.drawImage(canvas, 0, 0);
  return context.canvas;
}

/** Rejects with MeshError `too-large` when the browser cannot encode it. */
export async function toPng(canvas: HTMLCanvasElement): Promise<Blob> {
  const png = await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve, 'image/png'));
  if (!png) throw cannotDraw();
  return png;
}

function cannotDraw(): MeshError {
  return new MeshError('too-large', 'This browser cannot save a picture of this size. Choose a smaller scale.');
}
