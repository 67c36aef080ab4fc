import { readFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { MeshError, type MeshErrorReason } from '../../shared/errors.ts';
import { type Network, upscale } from '../../shared/tasks/upscale.ts';
import type { Backend, BackendName, UpscaleShape } from './backend.ts';
import { BENCHMARK_HEIGHT, BENCHMARK_WIDTH } from './filter-benchmark.ts';
import type { NetworkCosts } from './measured-speeds.ts';
import { networksIn, parseManifest } from './models/manifest.ts';
import type { ModelSource } from './models/model-source.ts';
import {
  ADVERTISED_SIZE,
  NETWORK_CHECK_SIZES,
  NETWORK_TIMING_MS,
  NetworkBackends,
  type RunInSlot,
  USUAL_FRAME,
} from './network-backends.ts';
import { doubledReference } from './networks/reference-network.ts';
import { unpackLayers } from './networks/weights.ts';

const MODELS = new URL('../public/models/', import.meta.url);

const models: ModelSource = {
  async load(name, kind) {
    const manifest = parseManifest(JSON.parse(await readFile(new URL('manifest.json', MODELS), 'utf8')));
    const model = networksIn(manifest).find((candidate) => candidate.name === name);
    if (!model) throw new MeshError('unknown-model', 'no such model');
    const bytes = Uint8Array.from(await readFile(new URL(model.files[kind].path, MODELS))).buffer;
    return { model, bytes };
  },
};

/** A clock that advances only while a backend runs. */
class Bench {
  nowMs = 0;
  readonly asked: string[] = [];
  readonly now = () => this.nowMs;
  readonly run: RunInSlot = async (body) =>
    (await body({ signal: new AbortController().signal, yieldNow: async () => {} })).finish();

  /** A backend that answers like the reference, in time that grows with the pixels. */
  backend(name: BackendName, fixedMs: number, msPerPixel: number, isWrong = false): Backend {
    return {
      name,
      startPixels: async (data, shape) => {
        this.asked.push(`${name} ${shape.width}x${shape.height}`);
        this.nowMs += fixedMs + msPerPixel * shape.width * shape.height;
        const pixels = await this.#answer(data, shape);
        if (isWrong) pixels.fill(127);
        return { isDone: true, finish: async () => pixels };
      },
      openFrames: () => {
        throw new Error('no frames here');
      },
      dispose: () => {},
    };
  }

  failing(name: BackendName, reason: MeshErrorReason): Backend {
    const startPixels = async () => {
      this.asked.push(`${name} fails`);
      throw new MeshError(reason, 'as the test wants it');
    };
    return { ...this.backend(name, 1, 0), startPixels };
  }

  networkBackends(...tiers: Backend[][]): NetworkBackends {
    return new NetworkBackends({ models, tiers, now: this.now });
  }

  namesAsked(): string[] {
    return [...new Set(this.asked.map((line) => line.split(' ')[0] ?? ''))];
  }

  /** Only the small picture is compared, because the reference is slow. */
  async #answer(data: Uint8Array, { width, height, quality }: UpscaleShape): Promise<Uint8Array<ArrayBuffer>> {
    if (width !== NETWORK_CHECK_SIZES[quality as Network].width) return new Uint8Array(width * height * 16);
    const image = { width, height, data };
    const { model, bytes } = await models.load(quality as Network, 'wgsl');
    const layers = unpackLayers(model.network, bytes);
    return new Uint8Array(doubledReference(model.network, layers, image).data);
  }
}

test('each size goes to the backend that is predicted to be the fastest there', async () => {
  const bench = new Bench();
  const networkBackends = bench.networkBackends([
    bench.backend('wgsl', 10, 1e-5),
    bench.backend('ort-wasm', 0.1, 1e-3),
  ]);
  expect(networkBackends.find('fast', 1)).toBeUndefined();
  await networkBackends.prepare('fast', bench.run);
  // 10 + 0.00001 n and 0.1 + 0.001 n meet at 10,000.
  expect(networkBackends.backendFor('fast', 8_000).name).toBe('ort-wasm');
  expect(networkBackends.backendFor('fast', 12_000).name).toBe('wgsl');
  const { width, height } = ADVERTISED_SIZE;
  expect(networkBackends.speeds['upscale:fast']).toMatchObject({ backend: 'wgsl' });
  expect(networkBackends.speeds['upscale:fast']?.unitsPerMs).toBeCloseTo(
    (width * height * 4 * 18) / (10 + 1e-5 * width * height),
  );
  expect(networkBackends.speeds['upscale:quality']).toBeUndefined();
});

test('a correct GPU leaves the library unloaded, and each network is measured once', async () => {
  const bench = new Bench();
  const networkBackends = bench.networkBackends([bench.backend('wgsl', 50, 0)], [bench.backend('ort-wasm', 1, 0)]);
  expect(
    await Promise.all([networkBackends.prepare('fast', bench.run), networkBackends.prepare('fast', bench.run)]),
  ).toEqual([true, false]);
  expect(bench.namesAsked()).toEqual(['wgsl']);
  const { length } = bench.asked;
  expect(await networkBackends.prepare('fast', bench.run)).toBe(false);
  expect(bench.asked).toHaveLength(length);
});

describe.each([
  ['answers wrong', (bench: Bench) => bench.backend('wgsl', 1, 0, true)],
  ['knows no networks', (bench: Bench) => bench.failing('wgsl', 'unknown-model')],
  ['cannot compile them', (bench: Bench) => bench.failing('wgsl', 'volunteer-failed')],
])('a backend that %s', (_how, make) => {
  test('is passed over', async () => {
    const bench = new Bench();
    const networkBackends = bench.networkBackends(
      [make(bench)],
      [bench.backend('ort-webgpu', 5, 0), bench.backend('ort-wasm', 9, 0)],
    );
    await networkBackends.prepare('fast', bench.run);
    expect(networkBackends.backendFor('fast', 1_000).name).toBe('ort-webgpu');
    expect(bench.namesAsked()).toEqual(['wgsl', 'ort-webgpu', 'ort-wasm']);
  });

  test('makes the network unknown where there is no other, and the error says why', async () => {
    const bench = new Bench();
    const networkBackends = bench.networkBackends([make(bench)]);
    await expect(networkBackends.prepare('fast', bench.run)).rejects.toMatchObject({ reason: 'unknown-model' });
    const { length } = bench.asked;
    await expect(networkBackends.prepare('fast', bench.run)).rejects.toThrow('wgsl');
    expect(bench.asked, 'and is not asked again').toHaveLength(length);
  });
});

test('a transient failure is tried again', async () => {
  const bench = new Bench();
  const backend = bench.failing('ort-wasm', 'connection-failed');
  const networkBackends = bench.networkBackends([backend]);
  await expect(networkBackends.prepare('fast', bench.run)).rejects.toMatchObject({ reason: 'connection-failed' });
  backend.startPixels = bench.backend('ort-wasm', 1, 0).startPixels;
  expect(await networkBackends.prepare('fast', bench.run)).toBe(true);
  expect(networkBackends.backendFor('fast', 1).name).toBe('ort-wasm');
});

test('without models no network runs', async () => {
  const bench = new Bench();
  const tiers = [[bench.backend('wgsl', 1, 0)]];
  const networkBackends = new NetworkBackends({ models: undefined, tiers, now: bench.now });
  await expect(networkBackends.prepare('fast', bench.run)).rejects.toMatchObject({ reason: 'unknown-model' });
});

test('a slow backend is not measured at the larger size', async () => {
  const bench = new Bench();
  const networkBackends = bench.networkBackends([bench.backend('wgsl', 0, NETWORK_TIMING_MS / 1_000)]);
  await networkBackends.prepare('fast', bench.run);
  expect(bench.asked).not.toContain(`wgsl ${BENCHMARK_WIDTH}x${BENCHMARK_HEIGHT}`);
  expect(networkBackends.backendFor('fast', 1).name).toBe('wgsl');
});

test('a backend with a known cost is checked and not timed, and refused where it computes wrong', async () => {
  const bench = new Bench();
  const known = { fixedMs: 7, msPerPixel: 0 };
  const networkBackends = new NetworkBackends({
    models,
    now: bench.now,
    knownCosts: { fast: { wgsl: known, 'ort-wasm': known } },
    tiers: [[bench.backend('wgsl', 50, 0), bench.backend('ort-wasm', 1, 0, true), bench.backend('ort-webgpu', 9, 0)]],
  });
  await networkBackends.prepare('fast', bench.run);
  const { width, height } = NETWORK_CHECK_SIZES.fast;
  const byWgsl = bench.asked.filter((line) => line.startsWith('wgsl'));
  expect(byWgsl).toEqual([`wgsl ${width}x${height}`]);
  expect(networkBackends.costs).toEqual({ fast: { wgsl: known, 'ort-webgpu': { fixedMs: 9, msPerPixel: 0 } } });
  expect(networkBackends.backendFor('fast', 1_000).name).toBe('wgsl');
});

describe('a network for hardware GPUs', () => {
  const shape = (quality: Network) => ({ width: 1, height: 1, outWidth: 2, outHeight: 2, quality });
  const growth = upscale.cost(shape('ultra')) / upscale.cost(shape('quality'));
  const passes = 9 / 6;

  test('is assumed to take as much longer than the next smaller one as it computes more, and nothing is fetched for that', async () => {
    const bench = new Bench();
    const networkBackends = bench.networkBackends([bench.backend('wgsl', 2, 1e-3), bench.backend('wasm', 1, 1e-2)]);
    expect(networkBackends.predictMs('ultra', 1_000)).toBeNull();
    await networkBackends.prepare('quality', bench.run);
    const { length } = bench.asked;
    const usualPixels = USUAL_FRAME.width * USUAL_FRAME.height;
    const expected = (fixedMs: number, msPerPixel: number) =>
      fixedMs * passes + 1_000 * growth * (msPerPixel + fixedMs / usualPixels);
    expect(networkBackends.predictMs('ultra', 1_000)).toBeCloseTo(expected(2, 1e-3));
    expect(networkBackends.predictMs('ultra', 1_000, 'wasm')).toBeCloseTo(expected(1, 1e-2));
    expect(networkBackends.find('ultra', 1_000)).toBeUndefined();
    expect(networkBackends.speeds['upscale:ultra'], 'what is assumed is not advertised').toBeUndefined();
    expect(bench.asked).toHaveLength(length);
  });

  test('is checked and not timed where it is assumed to be slow', async () => {
    const bench = new Bench();
    const networkBackends = bench.networkBackends([bench.backend('wgsl', 1, 1e-5), bench.backend('wasm', 1, 1e-2)]);
    await networkBackends.prepare('quality', bench.run);
    bench.asked.length = 0;
    await networkBackends.prepare('ultra', bench.run);
    const { width, height } = NETWORK_CHECK_SIZES.ultra;
    expect(bench.asked.filter((line) => line.startsWith('wasm'))).toEqual([`wasm ${width}x${height}`]);
    expect(bench.asked).toContain(`wgsl ${BENCHMARK_WIDTH}x${BENCHMARK_HEIGHT}`);
    const timed = bench.asked.filter((line) => !line.endsWith(` ${width}x${height}`));
    expect(timed.filter((line) => line.startsWith('wasm'))).toEqual([]);
    expect(networkBackends.predictMs('ultra', 1_000, 'wgsl')).toBeCloseTo(1 + 0.01);
  });

  test('is assumed to take longer for larger frames, even where noise makes the smaller one take no longer for them', async () => {
    const known = { fixedMs: 1.2, msPerPixel: 0 };
    const bench = new Bench();
    const tiers = [[bench.backend('wgsl', 1, 0)]];
    const networkBackends = new NetworkBackends({
      models,
      tiers,
      now: bench.now,
      knownCosts: { quality: { wgsl: known } },
    });
    const usualPixels = USUAL_FRAME.width * USUAL_FRAME.height;
    expect(networkBackends.predictMs('ultra', usualPixels)).toBeCloseTo(1.2 * passes + 1.2 * growth);
    expect(networkBackends.predictMs('ultra', 4 * usualPixels)).toBeGreaterThan(4 * 1.2 * growth);
  });

  test('is assumed from a frame as large as those of streams, where what is smaller tells only the overhead', async () => {
    const bench = new Bench();
    // A GPU that is busy only with more pixels than the benchmark's smaller pictures have.
    const gpu = bench.backend('wgsl', 1, 0);
    const { startPixels } = gpu;
    gpu.startPixels = async (data, params, slot) => {
      bench.nowMs += 1e-4 * Math.max(0, params.width * params.height - 20_000);
      return startPixels(data, params, slot);
    };
    const networkBackends = bench.networkBackends([gpu]);
    await networkBackends.prepare('quality', bench.run);
    const usualPixels = USUAL_FRAME.width * USUAL_FRAME.height;
    expect(networkBackends.predictMs('quality', usualPixels)).toBeCloseTo(1 + 1e-4 * (usualPixels - 20_000));
    expect(networkBackends.predictMs('ultra', usualPixels)).toBeGreaterThan(growth * 1e-4 * (usualPixels - 20_000));
  });

  test.each([
    ['it fits a usual frame', 1e-5, true],
    ['it does not', 1e-4, false],
  ])(
    'is got ready unasked where it is assumed that %s, and nowhere before something tells of it',
    (_, msPerPixel, isWorth) => {
      const worthOf = (knownCosts: NetworkCosts) => {
        const networkBackends = new NetworkBackends({ models, tiers: [], now: () => 0, knownCosts });
        return [networkBackends.isWorthPreparing('quality'), networkBackends.isWorthPreparing('ultra')];
      };
      expect(worthOf({})).toEqual([true, false]);
      expect(worthOf({ quality: { wgsl: { fixedMs: 0.5, msPerPixel } } })).toEqual([true, isWorth]);
    },
  );
});
