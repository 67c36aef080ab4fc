import { describe, expect, it } from 'vitest';
import { blankCanvas, copyOf, paintSplit, sideBySide, toPng } from './comparison.ts';

function filled(width: number, height: number, colour: string): HTMLCanvasElement {
  const context = blankCanvas({ width, height });
  context.fillStyle = colour;
  context.fillRect(0, 0, width, height);
  return context.canvas;
}

const before = filled(40, 20, '#f00');
const after = filled(80, 40, '#00f');

function colourAt(context: CanvasRenderingContext2D, x: number, y: number): string {
  return [...context.getImageData(x, y, 1, 1).data.slice(0, 3)].join();
}

describe('before and after as one picture', () => {
  it('is split at the divider', () => {
    const context = blankCanvas(after);
    paintSplit(context, { before, after, splitPercent: 25 });
    expect([10, 30, 70].map((x) => colourAt(context, x, 20))).toEqual(['255,0,0', '0,0,255', '0,0,255']);
  });

  it('keeps its aspect ratio on a canvas of another one', () => {
    const context = blankCanvas({ width: 80, height: 80 });
    paintSplit(context, { before, after, splitPercent: 0 });
    expect([10, 40, 70].map((y) => colourAt(context, 5, y))).toEqual(['7,10,15', '0,0,255', '7,10,15']);
  });

  it('is drawn side by side at the sharpened one’s size', () => {
    const both = sideBySide({ before, after });
    const context = both.getContext('2d');
    expect(both.height).toBe(40);
    expect(context && [5, both.width - 5].map((x) => colourAt(context, x, 20))).toEqual(['255,0,0', '0,0,255']);
  });

  it('becomes a PNG', async () => {
    const bitmap = await createImageBitmap(await toPng(copyOf(after)));
    expect([bitmap.width, bitmap.height]).toEqual([80, 40]);
  });
});
