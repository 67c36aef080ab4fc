import { describe, expect, test } from 'vitest';
import { inputKindOf } from './input-kind.ts';

const WIDTH = 160;
const HEIGHT = 90;

/** A scene of discs and a slope, `samples` along each side of a pixel. */
function picture(samples: number, noise = 0) {
  const data = new Uint8ClampedArray(WIDTH * HEIGHT * 4);
  let seed = 1;
  for (let y = 0; y < HEIGHT; y++) {
    for (let x = 0; x < WIDTH; x++) {
      let sum = 0;
      for (let n = 0; n < samples * samples; n++) {
        sum += sceneAt(x + ((n % samples) + 0.5) / samples, y + (Math.floor(n / samples) + 0.5) / samples);
      }
      seed = (seed * 16_807) % 2_147_483_647;
      const value = sum / samples ** 2 + noise * (seed / 2_147_483_647 - 0.5);
      data.set([value, value, value, 255], (y * WIDTH + x) * 4);
    }
  }
  return { width: WIDTH, height: HEIGHT, data };
}

function sceneAt(x: number, y: number): number {
  const disc = Math.hypot((x % 40.7) - 20, (y % 30.3) - 15) < 11.4 ? 200 : 60;
  return disc + x * 0.1;
}

describe('the kind of a picture', () => {
  test('is aliased where each pixel is one sample', () => expect(inputKindOf(picture(1))).toBe('aliased'));
  test('is smooth where pixels are averages', () => {
    expect(inputKindOf(picture(2))).toBe('smooth');
    expect(inputKindOf(picture(4))).toBe('smooth');
  });
  test('is told through the noise of a codec', () => {
    expect(inputKindOf(picture(1, 12))).toBe('aliased');
    expect(inputKindOf(picture(2, 12))).toBe('smooth');
  });
  test('is smooth where there is nothing to go by', () => {
    expect(inputKindOf({ width: 3, height: 2, data: new Uint8ClampedArray(24) })).toBe('smooth');
    expect(inputKindOf({ width: 64, height: 36, data: new Uint8ClampedArray(64 * 36 * 4).fill(90) })).toBe('smooth');
  });
});
