import { MeshError } from '../../shared/errors.ts';
import type { Size, Source } from './source.ts';

/** What the page shows now. */
export interface Comparison {
  before: Source['before'];
  after: HTMLCanvasElement;
  splitPercent: number;
}

export type Painter = CanvasRenderingContext2D;

const GROUND = '#070a0f';
const DIVIDER = '#e9eef7';
/** Of a picture's width: seen at any size. */
const DIVIDER_SHARE = 1 / 400;
const GAP_SHARE = 1 / 100;

/** A blank canvas. Throws MeshError `too-large`. */
export function blank({ width, height }: Size): Painter {
  const canvas = Object.assign(document.createElement('canvas'), { width, height });
  const painter = canvas.getContext('2d', { alpha: false });
  if (!painter) throw cannotDraw();
  return painter;
}

/** As on the page: one picture, before left of the divider and after right of it. Fits the canvas whatever the picture's shape. */
export function paintSplit(painter: Painter, { before, after, splitPercent }: Comparison): void {
  const { canvas } = painter;
  const fit = Math.min(canvas.width / after.width, canvas.height / after.height);
  const [width, height] = [after.width * fit, after.height * fit];
  const [left, top] = [(canvas.width - width) / 2, (canvas.height - height) / 2];
  const split = left + (width * splitPercent) / 100;
  painter.fillStyle = GROUND;
  painter.fillRect(0, 0, canvas.width, canvas.height);
  painter.drawImage(before, left, top, width, height);
  painter.save();
  painter.beginPath();
  painter.rect(split, top, left + width - split, height);
  painter.clip();
  painter.drawImage(after, left, top, width, height);
  painter.restore();
  if (splitPercent <= 0 || splitPercent >= 100) return;
  const thickness = Math.max(1, width * DIVIDER_SHARE);
  painter.fillStyle = DIVIDER;
  painter.fillRect(split - thickness / 2, top, thickness, height);
}

/** The two whole pictures, before left and after right, at the sharp one's size. */
export function sideBySide({ before, after }: Comparison): HTMLCanvasElement {
  const { width, height } = after;
  const gap = Math.ceil(width * GAP_SHARE);
  const painter = blank({ width: 2 * width + gap, height });
  painter.fillStyle = GROUND;
  painter.fillRect(width, 0, gap, height);
  painter.drawImage(before, 0, 0, width, height);
  painter.drawImage(after, width + gap, 0, width, height);
  return painter.canvas;
}

/** This moment of a canvas that goes on. */
export function copyOf(canvas: HTMLCanvasElement): HTMLCanvasElement {
  const painter = blank(canvas);
  painter.drawImage(canvas, 0, 0);
  return painter.canvas;
}

/** Rejects with MeshError `too-large` where the browser cannot encode it. */
export async function toPng(canvas: HTMLCanvasElement): Promise<Blob> {
  const png = await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve, 'image/png'));
  if (!png) throw cannotDraw();
  return png;
}

function cannotDraw(): MeshError {
  return new MeshError('too-large', 'This browser cannot save a picture of this size. Choose a smaller scale.');
}
