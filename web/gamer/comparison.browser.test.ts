import { describe, expect, it } from 'vitest';
import { blank, copyOf, type Painter, paintSplit, sideBySide, toPng } from './comparison.ts';

function filled(width: number, height: number, colour: string): HTMLCanvasElement {
  const painter = blank({ width, height });
  painter.fillStyle = colour;
  painter.fillRect(0, 0, width, height);
  return painter.canvas;
}

const before = filled(40, 20, '#f00');
const after = filled(80, 40, '#00f');

function colourAt(painter: Painter, x: number, y: number): string {
  return [...painter.getImageData(x, y, 1, 1).data.slice(0, 3)].join();
}

describe('before and after as one picture', () => {
  it('is split where the person put the divider', () => {
    const painter = blank(after);
    paintSplit(painter, { before, after, splitPercent: 25 });
    expect([10, 30, 70].map((x) => colourAt(painter, x, 20))).toEqual(['255,0,0', '0,0,255', '0,0,255']);
  });

  it('keeps its shape on a canvas of another one', () => {
    const painter = blank({ width: 80, height: 80 });
    paintSplit(painter, { before, after, splitPercent: 0 });
    expect([10, 40, 70].map((y) => colourAt(painter, 5, y))).toEqual(['7,10,15', '0,0,255', '7,10,15']);
  });

  it('stands side by side, each at the sharp one’s size', () => {
    const both = sideBySide({ before, after, splitPercent: 50 });
    const painter = both.getContext('2d');
    expect(both.height).toBe(40);
    expect(painter && [5, both.width - 5].map((x) => colourAt(painter, x, 20))).toEqual(['255,0,0', '0,0,255']);
  });

  it('becomes a PNG', async () => {
    const bitmap = await createImageBitmap(await toPng(copyOf(after)));
    expect([bitmap.width, bitmap.height]).toEqual([80, 40]);
  });
});
