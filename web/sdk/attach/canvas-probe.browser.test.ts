import { expect, test } from 'vitest';
import { CanvasProbe } from './canvas-probe.ts';

function drawn(draw: (context: CanvasRenderingContext2D) => void): string {
  const canvas = Object.assign(document.createElement('canvas'), { width: 160, height: 90 });
  const context = canvas.getContext('2d');
  if (!context) throw new Error('no context');
  draw(context);
  return new CanvasProbe(canvas).obstacle(0);
}

test('an opaque canvas can have another picture over it, and an empty one says nothing', () => {
  expect(drawn((context) => context.fillRect(0, 0, 160, 90))).toBe('');
  expect(drawn(() => {})).toBe('');
});

test('a canvas through which the page shines cannot', () => {
  expect(drawn((context) => context.fillRect(0, 0, 80, 90))).toContain('shines through');
});

test('a canvas that got content of another origin is noticed at the next look', async () => {
  const canvas = Object.assign(document.createElement('canvas'), { width: 160, height: 90 });
  const context = canvas.getContext('2d');
  context?.fillRect(0, 0, 160, 90);
  const probe = new CanvasProbe(canvas);
  expect(probe.obstacle(0)).toBe('');
  const other = new URL('/web/public/icon.svg', location.href);
  other.hostname = location.hostname === 'localhost' ? '127.0.0.1' : 'localhost';
  const image = new Image();
  image.src = other.href;
  await image.decode();
  context?.drawImage(image, 0, 0, 160, 90);
  expect(probe.obstacle(1_000)).toBe('');
  expect(probe.obstacle(2_000)).toContain('content of another origin');
});
