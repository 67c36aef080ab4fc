import { readFile } from 'node:fs/promises';
import { beforeAll, describe, expect, test } from 'vitest';
import { seededRandom } from '../../../shared/seeded-random.ts';
import type { PixelImage } from '../../../shared/tasks/definition.ts';
import {
  FILTERS,
  NETWORKS,
  type Network,
  QUALITIES,
  type Quality,
  type UpscaleParams,
  upscale,
} from '../../../shared/tasks/upscale.ts';
import { EXCLUSIVE_SLOT, testPattern } from '../filter-benchmark.ts';
import { networksIn, parseManifest } from '../models/manifest.ts';
import type { ModelSource } from '../models/model-source.ts';
import { doubledReference } from '../networks/reference-network.ts';
import { unpackLayers } from '../networks/weights.ts';
import { upscaleReference } from '../reference/upscale.ts';
import { largestVisibleDifference, ODD_SIZES, opaque, paintedPicture } from '../test-pictures.ts';
import { doubler, rimsOf } from '../test-transparency.ts';
import kernelsUrl from './kernels.wasm?url';
import { WasmBackend } from './wasm-backend.ts';
import type { KernelModule } from './workspace.ts';

/**
 * Largest visible difference to the reference, of 255: single precision, and 16-bit whole numbers, may round to the other side. A colour that
 * alpha multiplies is rounded twice.
 */
const OPAQUE_TOLERANCE = 1;
const TOLERANCE = 2;

/** Share of channels where `spatial` may choose another edge, because the picture that it gets was rounded otherwise. */
const OTHER_EDGE_SHARE = 0.005;

const MODELS = new URL('../../public/models/', import.meta.url);

const models: ModelSource = {
  async load(name) {
    const manifest = parseManifest(JSON.parse(await readFile(new URL('manifest.json', MODELS), 'utf8')));
    const model = networksIn(manifest).find((candidate) => candidate.name === name);
    if (!model) throw new Error(`no model ${name}`);
    return { model, bytes: Uint8Array.from(await readFile(new URL(model.files.wgsl.path, MODELS))).buffer };
  },
};

let kernels: KernelModule;
let backend: WasmBackend;

beforeAll(async () => {
  // Vite's addresses count from the folder of the repository.
  const bytes = await readFile(new URL(`../../..${kernelsUrl}`, import.meta.url));
  kernels = { module: await WebAssembly.compile(bytes), isShared: false };
  backend = new WasmBackend({ kernels, threads: 1, models, now: () => 0 });
});

async function upscaled(image: PixelImage, outWidth: number, outHeight: number, quality: Quality) {
  const { width, height, data } = image;
  const shape = { width, height, outWidth, outHeight, quality };
  return (await backend.startPixels(new Uint8Array(data), shape, EXCLUSIVE_SLOT)).finish();
}

function toleranceFor({ data }: PixelImage): number {
  return data.every((value, i) => i % 4 !== 3 || value === 255) ? OPAQUE_TOLERANCE : TOLERANCE;
}

/** Every pixel at random, with all kinds of alpha. */
function noise(width: number, height: number): PixelImage {
  const random = seededRandom(width * 1_000 + height);
  const alphas = [0, 255, 1, 128];
  const data = Uint8Array.from({ length: width * height * 4 }, (_, i) =>
    i % 4 === 3 && random() < 0.7 ? (alphas[Math.floor(random() * alphas.length)] ?? 0) : Math.floor(random() * 256),
  );
  return { width, height, data };
}

function pictures(width: number, height: number): PixelImage[] {
  return [noise, paintedPicture, testPattern].flatMap((make) => [make(width, height), opaque(make(width, height))]);
}

/** Sides that no vector divides, single rows and columns, and every kind of ratio from 1 to 4. */
const SIZES = [
  [1, 1, 1, 1],
  [1, 1, 4, 3],
  [2, 1, 3, 4],
  [3, 7, 3, 7],
  [17, 5, 34, 10],
  [17, 5, 41, 19],
  [5, 33, 20, 66],
  [31, 22, 62, 44],
  [64, 36, 65, 37],
] as const;

describe.each(FILTERS)('the filter %s in WebAssembly', (quality) => {
  test.each(SIZES)('matches the reference from %ix%i to %ix%i, with and without alpha', async (...sizes) => {
    const [width, height, outWidth, outHeight] = sizes;
    for (const image of pictures(width, height)) {
      const expected = upscaleReference(image, { outWidth, outHeight, quality });
      const made = await upscaled(image, outWidth, outHeight, quality);
      expect(largestVisibleDifference(made, expected)).toBeLessThanOrEqual(toleranceFor(image));
    }
  });
});

describe.each(NETWORKS)('the network %s in WebAssembly', (quality) => {
  test('matches the reference at odd sizes and with alpha', async () => {
    const { shape, layers } = await network(quality);
    for (const [width, height] of ODD_SIZES) {
      for (const image of pictures(width, height)) {
        const made = await upscaled(image, width * 2, height * 2, quality);
        const expected = doubledReference(shape, layers, image).data;
        expect(largestVisibleDifference(made, expected)).toBeLessThanOrEqual(toleranceFor(image));
      }
    }
  });

  test('passes the check of somebody who computes by the reference, and the other way round, with alpha', async () => {
    const { shape, layers } = await network(quality);
    for (const image of [noise(17, 12), testPattern(17, 12)]) {
      const task = upscale.pack({ image, width: 34, height: 24, quality });
      const wasm = await upscaled(image, 34, 24, quality);
      const reference = Uint8Array.from(doubledReference(shape, layers, image).data);
      for (const [ours, theirs] of [
        [wasm, reference],
        [reference, wasm],
      ] as const) {
        const result = { width: 34, height: 24, data: new Uint8ClampedArray(theirs) };
        const check = upscale.verify(task, { image: result }, seededRandom(1));
        check.next();
        // The tile is the whole picture.
        expect(check.next({ value: null, attachments: [ours] })).toEqual({ done: true, value: undefined });
      }
    }
  });

  test('makes any size that is asked for: a filter resizes the doubled picture', async () => {
    const image = opaque(paintedPicture(23, 14));
    const { shape, layers } = await network(quality);
    const doubled = { width: 46, height: 28, data: doubledReference(shape, layers, image).data };
    for (const [outWidth, outHeight, filter] of [
      [23, 14, 'bilinear'],
      [46, 30, 'spatial'],
    ] as const) {
      const made = await upscaled(image, outWidth, outHeight, quality);
      const expected = upscaleReference(doubled, { outWidth, outHeight, quality: filter });
      const others = made.filter((value, i) => Math.abs(value - (expected[i] ?? 0)) > 2 * TOLERANCE);
      expect(others.length).toBeLessThanOrEqual(made.length * OTHER_EDGE_SHARE);
    }
  });
});

async function network(quality: Network) {
  const { model, bytes } = await models.load(quality, 'wgsl');
  return { shape: model.network, layers: unpackLayers(model.network, bytes) };
}

test.each(QUALITIES)('a transparent picture gets no rim, whatever it is laid over: %s', async (quality) => {
  expect(await rimsOf(doubler(backend, quality))).toEqual([]);
});

test('an extreme picture stays right: sums of 16-bit products neither overflow nor lose the picture', async () => {
  const random = seededRandom(5);
  const data = Uint8Array.from({ length: 40 * 24 * 4 }, (_, i) => (i % 4 === 3 || random() < 0.5 ? 255 : 0));
  const image = { width: 40, height: 24, data };
  for (const quality of NETWORKS) {
    const { shape, layers } = await network(quality);
    const made = await upscaled(image, 80, 48, quality);
    const expected = doubledReference(shape, layers, image).data;
    expect(largestVisibleDifference(made, expected)).toBeLessThanOrEqual(OPAQUE_TOLERANCE);
  }
});

test('other work runs between the bands of a picture, even on the same backend, and a cancelled picture ends there', async () => {
  let nowMs = 0;
  // Each look at the clock is late: the backend yields after each band.
  const busy = new WasmBackend({ kernels, threads: 1, models, now: () => (nowMs += 10) });
  const image = noise(300, 200);
  const expected = upscaleReference(image, { outWidth: 600, outHeight: 400, quality: 'spatial' });
  const within: Uint8Array[] = [];
  const run = async (yieldNow: () => Promise<void>, quality: Quality = 'spatial') => {
    const shape = { width: 300, height: 200, outWidth: 600, outHeight: 400, quality };
    const data = new Uint8Array(image.data);
    return (await busy.startPixels(data, shape, { ...EXCLUSIVE_SLOT, yieldNow })).finish();
  };
  const outer = await run(async () => {
    if (within.length < 2) within.push(await run(async () => {}));
  });
  for (const made of [outer, ...within]) expect(largestVisibleDifference(made, expected)).toBeLessThanOrEqual(1);
  expect(within).toHaveLength(2);
  await expect(run(() => Promise.reject(new Error('cancelled')))).rejects.toThrow('cancelled');
  expect(largestVisibleDifference(await run(async () => {}), expected)).toBeLessThanOrEqual(1);
  busy.dispose();
  await expect(run(async () => {})).rejects.toMatchObject({ reason: 'closed' });
});

test('other work also runs while a translucent picture is laid over its backdrops, and found again', async () => {
  let nowMs = 0;
  const busy = new WasmBackend({ kernels, threads: 1, models, now: () => (nowMs += 10) });
  const yieldsFor = async ({ width, height, data }: PixelImage) => {
    let yields = 0;
    const yieldNow = async () => void yields++;
    const shape = { width, height, outWidth: 2 * width, outHeight: 2 * height, quality: 'fast' } as const;
    await (await busy.startPixels(new Uint8Array(data), shape, { ...EXCLUSIVE_SLOT, yieldNow })).finish();
    return yields;
  };
  const image = noise(30, 20);
  // Each row of the source twice, and each of the result.
  expect((await yieldsFor(image)) - 2 * (await yieldsFor(opaque(image)))).toBe(2 * 20 + 40);
  busy.dispose();
});

describe('a picture too large for one task', () => {
  /** Longer than a task's longest side, and low. */
  const strip = opaque(testPattern(4_111, 22));

  async function upscaledInTiles(image: PixelImage, wanted: { width: number; height: number }, quality: Quality) {
    const tiles = upscale.tiles?.(upscale.pack({ image, ...wanted, quality }));
    if (!tiles) throw new Error('It stays whole.');
    for (let n = 0; n < tiles.count; n++) {
      const { params, attachments } = tiles.cut(n);
      const part = await backend.startPixels(
        attachments[0] ?? new Uint8Array(0),
        params as UpscaleParams,
        EXCLUSIVE_SLOT,
      );
      tiles.paste(n, { value: null, attachments: [await part.finish()] });
    }
    return tiles.whole.attachments[0] ?? new Uint8Array(0);
  }

  test.each(QUALITIES)('is the same in tiles, pixel by pixel: %s', async (quality) => {
    const size = { width: 2 * strip.width, height: 2 * strip.height };
    const whole = await upscaled(strip, size.width, size.height, quality);
    // Comparing byte by byte, Vitest would take half a minute.
    expect(Buffer.from(await upscaledInTiles(strip, size, quality)).equals(whole)).toBe(true);
  });

  test.each(['bicubic', 'spatial', 'fast'] as const)(
    'shows no seam at a ratio without whole steps: %s',
    async (quality) => {
      const size = { width: 8_353, height: 45 };
      const whole = await upscaled(strip, size.width, size.height, quality);
      const made = await upscaledInTiles(strip, size, quality);
      // Steps from a column to the next: a seam would make one that the whole picture does not have.
      const worstStep = (pixels: Uint8Array, x: number) => {
        let step = 0;
        for (let y = 0; y < size.height; y++) {
          const at = (y * size.width + x) * 4;
          step += Math.abs((pixels[at + 1] ?? 0) - (pixels[at - 3] ?? 0));
        }
        return step / size.height;
      };
      for (let x = 1; x < size.width; x++) expect(worstStep(made, x) - worstStep(whole, x)).toBeLessThan(12);
    },
  );
});
