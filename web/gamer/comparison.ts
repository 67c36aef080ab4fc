import { MeshError } from '../../shared/errors.ts';
import type { PictureSize } from '../../shared/tasks/upscale-size.ts';
import type { Quality } from '../sdk/types.ts';

/** Two pictures of one and the same frame, and the position of the divider. */
export interface Comparison {
  before: HTMLCanvasElement | ImageBitmap;
  after: HTMLCanvasElement | ImageBitmap;
  /** What `after` was sharpened with; null if it was only enlarged. */
  quality: Quality | null;
  splitPercent: number;
  /** Releases the pictures. */
  release(): void;
}

type Split = Pick<Comparison, 'before' | 'after' | 'splitPercent'>;

const GROUND = '#070a0f';
const DIVIDER = '#e9eef7';
/** Relative to the picture's width, so that the divider is visible at any size. */
const DIVIDER_SHARE = 1 / 400;
const GAP_SHARE = 1 / 100;

/** Makes a canvas of this size. Throws MeshError `too-large`. */
export function blankCanvas({ width, height }: PictureSize): CanvasRenderingContext2D {
  const canvas = Object.assign(document.createElement('canvas'), { width, height });
  const context = canvas.getContext('2d', { alpha: false });
  if (!context) throw cannotDraw();
  return context;
}

/** Draws the comparison as on the page, before to the left of the divider and after to the right. Letterboxed to fit the canvas. */
export function paintSplit(context: CanvasRenderingContext2D, { before, after, splitPercent }: Split): void {
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

/** Draws both pictures side by side at the larger one's size. */
export function sideBySide({ before, after }: Pick<Comparison, 'before' | 'after'>): HTMLCanvasElement {
  const { width, height } = after;
  const gap = Math.ceil(width * GAP_SHARE);
  const context = blankCanvas({ width: 2 * width + gap, height });
  context.fillStyle = GROUND;
  context.fillRect(width, 0, gap, height);
  context.drawImage(before, 0, 0, width, height);
  context.drawImage(after, width + gap, 0, width, height);
  return context.canvas;
}

/** Draws a picture at its own size. */
export function copyOf(picture: Comparison['after']): HTMLCanvasElement {
  const context = blankCanvas(picture);
  context.drawImage(picture, 0, 0);
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
