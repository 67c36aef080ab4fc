import { readFile } from 'node:fs/promises';
import { beforeAll, expect, test } from 'vitest';
import { MAX_ADDED_LEVELS, MAX_DETAIL_CODES, NO_DETAIL_CODE } from '../../../shared/detail.ts';
import { seededRandom } from '../../../shared/seeded-random.ts';
import kernelsUrl from './kernels.wasm?url';
import { Workspace } from './workspace.ts';

/** Not a multiple of the 16 pixels that the kernel takes at once. */
const COUNT = 16 * 20 + 7;

let module: WebAssembly.Module;

beforeAll(async () => {
  // Vite's addresses count from the folder of the repository.
  module = await WebAssembly.compile(await readFile(new URL(`../../..${kernelsUrl}`, import.meta.url)));
});

function added(
  pixels: Uint8Array,
  codes: Uint8Array,
  stepsPerCode: number,
  deadZoneCodes: number,
  maxSteps = MAX_ADDED_LEVELS,
) {
  const workspace = new Workspace({ module, isShared: false });
  const address = workspace.put(pixels);
  const places = workspace.put(codes);
  const after = workspace.put(new Uint8Array(64).fill(77));
  workspace.kernels.addDetail(address, places, codes.length, { stepsPerCode, deadZoneCodes, maxSteps });
  expect(workspace.bytes(after, 64), 'nothing behind the codes is written').toEqual(new Uint8Array(64).fill(77));
  return workspace.bytes(address, pixels.length).slice();
}

function randomPixels(): Uint8Array {
  const random = seededRandom(5);
  return Uint8Array.from({ length: COUNT * 4 }, (_, i) => (i % 4 === 3 ? 255 : Math.floor(random() * 256)));
}

function randomCodes(): Uint8Array {
  const random = seededRandom(6);
  return Uint8Array.from({ length: COUNT }, () => Math.floor(random() * 256));
}

function limited(value: number, most: number): number {
  return Math.min(Math.max(value, -most), most);
}

test.each([
  [1 / 4, 0],
  [0.7 / 4, 1],
  [1, 3],
  [4, 0],
  [1 / 16, 0],
])(
  '%f steps a code with a dead zone of %i codes are added to the colours within a step and the bounds, never to alpha',
  (steps, deadZone) => {
    const pixels = randomPixels();
    const codes = randomCodes();
    const result = added(pixels, codes, steps, deadZone);
    for (let i = 0; i < pixels.length; i++) {
      const distance = limited((codes[i >> 2] ?? 0) - NO_DETAIL_CODE, MAX_DETAIL_CODES);
      const offset = i % 4 === 3 || Math.abs(distance) <= deadZone ? 0 : limited(distance * steps, MAX_ADDED_LEVELS);
      const expected = Math.min(Math.max((pixels[i] ?? 0) + offset, 0), 255);
      expect(Math.abs((result[i] ?? 0) - expected)).toBeLessThanOrEqual(1);
    }
  },
);

test('nothing changes by more than the bound', () => {
  const grey = new Uint8Array(COUNT * 4).fill(128);
  const codes = Uint8Array.from({ length: COUNT }, (_, i) => i % 256);
  for (const steps of [0.85 / 1.5, 1, 4]) {
    const changes = added(grey, codes, steps, 0).map((value) => Math.abs(value - 128));
    expect(Math.max(...changes)).toBe(MAX_ADDED_LEVELS);
  }
  expect(Math.max(...added(grey, codes, 1, 0, 53).map((value) => Math.abs(value - 128)))).toBe(53);
});

test('no detail, and detail inside the dead zone, change nothing', () => {
  const pixels = randomPixels();
  expect(added(pixels, new Uint8Array(COUNT).fill(NO_DETAIL_CODE), 1, 0)).toEqual(pixels);
  const noise = Uint8Array.from({ length: COUNT }, (_, i) => NO_DETAIL_CODE - 2 + (i % 5));
  expect(added(pixels, noise, 1, 2)).toEqual(pixels);
});
