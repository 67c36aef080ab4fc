import { expect, test } from 'vitest';
import { Anime4kRunner } from './anime4k.ts';

const HEIGHT = 60;
/** Pixels at the right edge that may differ: more than the layers of the largest network look to a side. */
const REACH = 16;

/** Opaque, and the same at the same place whatever the width. */
function picture(width: number) {
  const data = Uint8ClampedArray.from({ length: width * HEIGHT * 4 }, (_, i) => {
    const [x, y] = [Math.floor(i / 4) % width, Math.floor(i / 4 / width)];
    return i % 4 === 3 ? 255 : 128 + 100 * Math.sin(x * (0.2 + 0.01 * y) + (i % 4));
  });
  return { width, height: HEIGHT, data };
}

test('a picture is doubled alike whatever its width, also after one of another size', async () => {
  const runner = await Anime4kRunner.open();
  if (!runner) throw new Error('no WebGPU in the tests');
  const [wide, narrow] = [await runner.run(picture(128)), await runner.run(picture(100))];
  runner.dispose();
  for (const [name, { width, height, data }] of Object.entries(narrow)) {
    expect([width, height], name).toEqual([200, 2 * HEIGHT]);
    const left = data.filter((_, i) => (i / 4) % 200 < 200 - 2 * REACH);
    const expected = wide[name]?.data.filter((_, i) => (i / 4) % 256 < 200 - 2 * REACH) ?? [];
    // The networks sample by coordinates of 0..1, which rounds in another way at each width.
    const isOff = (value: number, i: number) => !(Math.abs(value - (expected[i] ?? Number.NaN)) <= 1);
    expect(left.filter(isOff), name).toHaveLength(0);
  }
});
