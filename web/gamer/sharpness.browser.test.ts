import { expect, test } from 'vitest';
import { gradientEnergy, SharpnessMeter } from './sharpness.ts';

const SIZE = { width: 160, height: 90 };
const LARGE = { width: 2 * SIZE.width, height: 2 * SIZE.height };

function canvasOf(size: { width: number; height: number }): [HTMLCanvasElement, CanvasRenderingContext2D] {
  const canvas = Object.assign(document.createElement('canvas'), size);
  const context = canvas.getContext('2d');
  if (!context) throw new Error('no canvas');
  context.fillStyle = '#fff';
  context.fillRect(0, 0, size.width, size.height);
  context.fillStyle = '#000';
  return [canvas, context];
}

/** Vertical bars, and the same picture twice as large, either exact or stretched as a browser does. */
function pictures(isExact: boolean): [HTMLCanvasElement, HTMLCanvasElement] {
  const [small, context] = canvasOf(SIZE);
  for (let x = 0; x < SIZE.width; x += 8) context.fillRect(x, 0, 4, SIZE.height);
  const [large, largeContext] = canvasOf(LARGE);
  largeContext.imageSmoothingEnabled = !isExact;
  largeContext.drawImage(small, 0, 0, LARGE.width, LARGE.height);
  return [small, large];
}

test('says by how much edges are stronger than those of the stretched picture', () => {
  const [small, stretched] = pictures(false);
  expect(new SharpnessMeter().sample(small, stretched)).toBeCloseTo(0, 1);
  expect(new SharpnessMeter().sample(...pictures(true))).toBeGreaterThan(0.2);
});

test('says nothing of pictures without edges', () => {
  expect(new SharpnessMeter().sample(canvasOf(SIZE)[0], canvasOf(LARGE)[0])).toBeNaN();
});

test('forgets what is long past', () => {
  const meter = new SharpnessMeter();
  meter.sample(...pictures(true));
  let last = 0;
  for (let count = 0; count < 20; count++) last = meter.sample(...pictures(false));
  expect(last).toBeCloseTo(0, 1);
});

test('the energy of a gradient is that of its steps', () => {
  // One row of a ramp of 10 a pixel, twice.
  const data = [0, 10, 20, 0, 10, 20].flatMap((value) => [value, value, value, 255]);
  expect(gradientEnergy({ data, width: 3, height: 2 })).toBeCloseTo(100, 6);
});
