import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { MeshError } from '../../../../shared/errors.ts';
import type { PixelImage } from '../../../../shared/tasks/definition.ts';
import { IMAGE, NETWORKS, type Network } from '../../../../shared/tasks/upscale.ts';
import { SAFE_FRAME_PATHS, type UpscaleShape } from '../../backend.ts';
import { EXCLUSIVE_SLOT } from '../../filter-benchmark.ts';
import type { NetworkShape } from '../../models/manifest.ts';
import type { ModelSource } from '../../models/model-source.ts';
import { doubledReference } from '../../networks/reference-network.ts';
import { haloOf } from '../../ort/bands.ts';
import { upscaleReference } from '../../reference/upscale.ts';
import { loadNetwork, repositoryModels } from '../../test-models.ts';
import { paintedPicture } from '../../test-pictures.ts';
import { doubler, rimsOf } from '../../test-transparency.ts';
import { RgbaReader } from '../../video-frames.ts';
import { READBACK_RING_SIZE } from '../gpu-buffers.ts';
import { openDevice } from '../gpu-device.ts';
import { PassFactory } from '../upscale-resources.ts';
import { WgslBackend, WgslFrames } from '../wgsl-backend.ts';
import { FeatureMemory } from './feature-memory.ts';

/** Source pixels along one axis, `to` excluded. */
interface Span {
  from: number;
  to: number;
}

/**
 * The source pixels along one axis that a part of a picture needs for the same result as the whole picture in every pixel. Cut twice the
 * part out of the result.
 * @param size - of the whole picture.
 */
function withHalo(shape: NetworkShape, { from, to }: Span, size: number): Span {
  const halo = haloOf(shape);
  return { from: Math.max(0, from - halo), to: Math.min(size, to + halo) };
}

/** Methods that create objects on the GPU. */
const MAKING = ['createBuffer', 'createTexture', 'createBindGroup', 'createShaderModule', 'createComputePipelineAsync'];

const made: string[] = [];
const errors: string[] = [];
let device: GPUDevice;
let backend: WgslBackend;
let passFactory: PassFactory;

beforeAll(async () => {
  device = await newDevice();
  for (const name of MAKING) {
    const method = Reflect.get(device, name) as (...parameters: unknown[]) => unknown;
    Reflect.set(device, name, (...parameters: unknown[]) => {
      made.push(name);
      return Reflect.apply(method, device, parameters);
    });
  }
  device.addEventListener('uncapturederror', ({ error }) => errors.push(error.message));
  backend = new WgslBackend(device, repositoryModels);
  passFactory = new PassFactory(device, repositoryModels);
});

afterAll(() => {
  backend.dispose();
  expect(errors).toEqual([]);
});

/** A software GPU compiles `ultra` for 16 s: network-passes.long.browser.test.ts has it, layer-shader.browser.test.ts has layers as wide. */
const QUICK = NETWORKS.filter((network) => network !== 'ultra');

describe.each(QUICK)('%s', (quality) => {
  test('doubles a picture as the reference does, at odd sizes and with transparent parts', async () => {
    for (const [width, height] of [
      [1, 1],
      [3, 2],
      [5, 7],
      [40, 33],
    ] as const) {
      const image = paintedPicture(width, height);
      const { shape, layers } = await loadNetwork(quality);
      const sharp = await doubled(image, quality);
      const expected = doubledReference(shape, layers, image);
      expect(difference(sharp, expected)).toBeLessThanOrEqual(IMAGE.tolerance8bit);
    }
  });

  test('a transparent picture gets no rim, whatever it is laid over', async () => {
    expect(await rimsOf(doubler(backend, quality))).toEqual([]);
  });

  test('two parts of a picture fit together without a seam', async () => {
    const { shape } = await loadNetwork(quality);
    const image = paintedPicture(45, 29);
    const whole = await doubled(image, quality);
    for (const [x, y] of [
      [22, 29],
      [45, 14],
    ] as const) {
      const columns = x < 45 ? spans(x, 45) : [{ from: 0, to: 45 }];
      const rows = y < 29 ? spans(y, 29) : [{ from: 0, to: 29 }];
      for (const across of columns) {
        for (const down of rows) {
          const given = { across: withHalo(shape, across, 45), down: withHalo(shape, down, 29) };
          const sharp = await doubled(cropped(image, given.across, given.down), quality);
          const part = cropped(sharp, twice(across, given.across.from), twice(down, given.down.from));
          expect(difference(part, cropped(whole, twice(across, 0), twice(down, 0)))).toBe(0);
        }
      }
    }
  });

  test('creates nothing from the second picture of a size on', async () => {
    const image = paintedPicture(20, 10);
    for (let n = 0; n < READBACK_RING_SIZE; n++) await doubled(image, quality);
    made.length = 0;
    await doubled(image, quality);
    expect(made).toEqual([]);
  });
});

test('a network compiles for imported frames too', async () => {
  const target = { width: 32, height: 18, outWidth: 64, outHeight: 36, quality: 'fast' } as const;
  const passes = (await passFactory.passesFor(target, 'external'))();
  expect(passes.sizeBytes).toBeGreaterThan(32 * 18 * 4);
  passes.dispose();
});

describe('other ratios than 2', () => {
  test.each([
    [21, 13, 'bilinear'],
    [31, 26, 'bilinear'],
    [21, 52, 'bilinear'],
    [63, 30, 'spatial'],
    [84, 52, 'spatial'],
  ] as const)('21x13 to %ix%i is doubled and then made so large by %s', async (outWidth, outHeight, filter) => {
    const image = paintedPicture(21, 13);
    const { shape, layers } = await loadNetwork('fast');
    const sharp = await upscaled(image, { width: 21, height: 13, outWidth, outHeight, quality: 'fast' });
    const target = { outWidth, outHeight, quality: filter };
    const data = upscaleReference(doubledReference(shape, layers, image), target);
    // Rounding in between may turn an edge, and sharpening enlarges that.
    const tolerance = IMAGE.tolerance8bit * (filter === 'spatial' ? 3 : 1);
    expect(difference(sharp, { width: outWidth, height: outHeight, data })).toBeLessThanOrEqual(tolerance);
  });
});

test('frames of a stream match pictures, and nothing is created per frame', async () => {
  const { data, ...size } = paintedPicture(24, 18);
  const image = { ...size, data: Uint8Array.from(data, (value, i) => (i % 4 === 3 ? 255 : value)) };
  const expected = await doubled(image, 'balanced');
  const frames = backend.openFrames({ outWidth: 48, outHeight: 36, quality: 'balanced' });
  const sharpen = async (timestamp: number) => {
    const frame = new VideoFrame(image.data, { format: 'RGBX', codedWidth: 24, codedHeight: 18, timestamp });
    const sharp = await (await frames.start(frame, EXCLUSIVE_SLOT)).finish();
    frame.close();
    const pixels = await new RgbaReader().read(sharp);
    sharp.close();
    return pixels;
  };
  for (let n = 0; n < READBACK_RING_SIZE; n++) expect(difference(await sharpen(n), expected)).toBe(0);
  made.length = 0;
  await sharpen(9);
  expect(made).toEqual([]);
  frames.dispose();
});

describe('the memory of streams', () => {
  const target = { outWidth: 48, outHeight: 36, quality: 'fast' } as const;
  let opened: WgslFrames[];

  /** Two streams with room for the features of one. */
  beforeEach(async () => {
    const featureBytes = await passFactory.featureBytes({ ...target, width: 24, height: 18 });
    const shared = {
      framePaths: SAFE_FRAME_PATHS,
      featureMemory: new FeatureMemory(1.5 * featureBytes),
      startPixels: backend.startPixels.bind(backend),
      now: backend.now,
    };
    opened = [1, 2].map(() => new WgslFrames(device, passFactory, target, shared));
  });

  afterEach(() => {
    for (const frames of opened) frames.dispose();
  });

  async function sharpen(frames: WgslFrames | undefined, codedWidth: number, codedHeight: number): Promise<void> {
    const layout = { format: 'RGBX', codedWidth, codedHeight, timestamp: 0 } as const;
    const frame = new VideoFrame(new Uint8Array(4 * codedWidth * codedHeight), layout);
    try {
      (await (await frames?.start(frame, EXCLUSIVE_SLOT))?.finish())?.close();
    } finally {
      frame.close();
    }
  }

  test('a frame of another size frees what the last one had before it allocates', async () => {
    await sharpen(opened[0], 24, 18);
    const created = vi.spyOn(device, 'createTexture');
    const destroyed = vi.spyOn(GPUTexture.prototype, 'destroy');
    try {
      await sharpen(opened[0], 30, 20);
      const [lastFreed, firstMade] = [destroyed.mock.invocationCallOrder.at(-1), created.mock.invocationCallOrder[0]];
      expect(lastFreed).toBeLessThan(firstMade ?? 0);
    } finally {
      created.mockRestore();
      destroyed.mockRestore();
    }
  });

  test('all streams share the room for features of networks, which one that ends gives back', async () => {
    const [first, second] = opened;
    await sharpen(first, 24, 18);
    await expect(sharpen(second, 24, 18)).rejects.toMatchObject({ reason: 'queue-full' });
    first?.dispose();
    await sharpen(second, 24, 18);
  });
});

test.each(['copyTo', 'importExternalTexture'] as const)(
  'translucent frames of a stream match pictures, at any size, also where others take the way %s',
  async (frameIn) => {
    const image = paintedPicture(24, 18);
    backend.framePaths = { ...SAFE_FRAME_PATHS, frameIn };
    for (const target of [
      { outWidth: 48, outHeight: 36, quality: 'fast' },
      { outWidth: 36, outHeight: 27, quality: 'fast' },
    ] as const) {
      const expected = await upscaled(image, { width: 24, height: 18, ...target });
      const frames = backend.openFrames(target);
      const layout = { format: 'RGBA', codedWidth: 24, codedHeight: 18, timestamp: 5 } as const;
      const frame = new VideoFrame(Uint8Array.from(image.data), layout);
      const sharp = await (await frames.start(frame, EXCLUSIVE_SLOT)).finish();
      expect(difference(await new RgbaReader().read(sharp), expected)).toBeLessThanOrEqual(1);
      for (const each of [frame, sharp, frames]) 'close' in each ? each.close() : each.dispose();
    }
    backend.framePaths = SAFE_FRAME_PATHS;
  },
);

test.each([42, 63])(
  'a translucent picture lets other work run between its rows, and waits for the GPU after its time slot: %i pixels wide',
  async (outWidth) => {
    let nowMs = 0;
    // Each look at the clock is late.
    const late = new WgslBackend(await newDevice(), repositoryModels, () => (nowMs += 10));
    let yields = 0;
    const slot = { ...EXCLUSIVE_SLOT, yieldNow: async () => void yields++ };
    const shape = { width: 21, height: 14, outWidth, outHeight: (outWidth * 2) / 3, quality: 'fast' } as const;
    const started = await late.startPixels(Uint8Array.from(paintedPicture(21, 14).data), shape, slot);
    // Each row of the source, over both backdrops.
    expect([started.isDone, yields]).toEqual([false, 28]);
    await started.finish();
    // Nothing yields a slot that has ended.
    expect(yields).toBe(28);
    late.dispose();
  },
);

test('without models, or while one cannot be fetched, the error says why; the next call tries again', async () => {
  const bare = new WgslBackend(await newDevice());
  const shape: UpscaleShape = { width: 2, height: 2, outWidth: 4, outHeight: 4, quality: 'fast' };
  await expect(bare.startPixels(new Uint8Array(16), shape, EXCLUSIVE_SLOT)).rejects.toMatchObject({
    reason: 'unknown-model',
  });
  bare.dispose();
  let attempts = 0;
  const shaky: ModelSource = {
    load: async (network, kind) => {
      if (++attempts === 1) throw new MeshError('connection-failed', 'The model cannot be fetched.');
      return repositoryModels.load(network, kind);
    },
  };
  const later = new WgslBackend(await newDevice(), shaky);
  await expect(later.startPixels(new Uint8Array(16), shape, EXCLUSIVE_SLOT)).rejects.toMatchObject({
    reason: 'connection-failed',
  });
  expect((await (await later.startPixels(new Uint8Array(16), shape, EXCLUSIVE_SLOT)).finish()).length).toBe(64);
  later.dispose();
});

test('a picture that is too large for the GPU to double is refused', async () => {
  const shape: UpscaleShape = { width: 5_000, height: 1, outWidth: 5_000, outHeight: 1, quality: 'fast' };
  await expect(backend.startPixels(new Uint8Array(20_000), shape, EXCLUSIVE_SLOT)).rejects.toMatchObject({
    reason: 'too-large',
  });
  await backend.prepare('fast');
  const shapes = [shape, { ...shape, width: 4_096, outWidth: 8_192 }, { ...shape, quality: 'spatial' }] as const;
  expect(shapes.map((each) => backend.fits(each))).toEqual([false, true, true]);
});

async function newDevice(): Promise<GPUDevice> {
  const opened = await openDevice(navigator.gpu);
  if (!opened) throw new Error('no GPU');
  return opened.device;
}

function doubled(image: PixelImage, quality: Network): Promise<PixelImage> {
  const { width, height } = image;
  return upscaled(image, { width, height, outWidth: 2 * width, outHeight: 2 * height, quality });
}

async function upscaled({ data }: PixelImage, shape: UpscaleShape): Promise<PixelImage> {
  const pixels = await (await backend.startPixels(Uint8Array.from(data), shape, EXCLUSIVE_SLOT)).finish();
  return { width: shape.outWidth, height: shape.outHeight, data: pixels };
}

function spans(at: number, size: number): Span[] {
  return [
    { from: 0, to: at },
    { from: at, to: size },
  ];
}

/** In the doubled picture that starts at `origin` of the source. */
function twice({ from, to }: Span, origin: number): Span {
  return { from: 2 * (from - origin), to: 2 * (to - origin) };
}

function cropped({ width, data }: PixelImage, across: Span, down: Span): PixelImage {
  const size = { width: across.to - across.from, height: down.to - down.from };
  const part = new Uint8Array(size.width * size.height * 4);
  for (let y = 0; y < size.height; y++) {
    const at = ((down.from + y) * width + across.from) * 4;
    part.set(data.subarray(at, at + size.width * 4), y * size.width * 4);
  }
  return { ...size, data: part };
}

/** The largest visible difference: colours of nearly transparent pixels are noise. */
function difference(a: PixelImage, b: PixelImage): number {
  expect([a.width, a.height]).toEqual([b.width, b.height]);
  const seen = ({ data }: PixelImage, i: number) =>
    i % 4 === 3 ? (data[i] ?? 0) : ((data[i] ?? 0) * (data[i | 3] ?? 0)) / 255;
  let most = 0;
  for (let i = 0; i < a.data.length; i++) most = Math.max(most, Math.abs(seen(a, i) - seen(b, i)));
  return most;
}
