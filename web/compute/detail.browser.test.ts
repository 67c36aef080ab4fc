import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { NO_DETAIL_CODE } from '../../shared/detail.ts';
import type { PixelImage } from '../../shared/tasks/definition.ts';
import { FILTERS, IMAGE, isNetwork, type Quality } from '../../shared/tasks/upscale.ts';
import { type Backend, type FrameTarget, filterAfter } from './backend.ts';
import { EXCLUSIVE_SLOT } from './filter-benchmark.ts';
import { JsBackend } from './js-backend.ts';
import { doubledReference } from './networks/reference-network.ts';
import { OrtWasmBackend } from './ort/ort-wasm-backend.ts';
import { colorSpaceOf, type Painting, rgbFrame, yuvFrame } from './painted-frames.ts';
import { upscaleReference } from './reference/upscale.ts';
import { DETAIL, detailCodes, largestExcess, type ReadDetail, readDetail } from './test-detail.ts';
import { loadNetwork, repositoryModels } from './test-models.ts';
import { opaque, paintedPicture } from './test-pictures.ts';
import { loadKernels } from './wasm/open-wasm.ts';
import { WasmBackend } from './wasm/wasm-backend.ts';
import { openDevice } from './wgsl/gpu-device.ts';
import { WgslBackend } from './wgsl/wgsl-backend.ts';

const now = () => performance.now();

/** Even results of sources that no vector or workgroup divides: at 2x, 1.5x, other ratios, and 1x. */
const SIZES = [
  [24, 16, 48, 32],
  [17, 5, 34, 10],
  [17, 5, 26, 8],
  [12, 20, 18, 62],
  [18, 6, 18, 6],
] as const;

/** A pixel with hard edges, gradients and colours, as decoders and pages deliver it. */
const painting: Painting = (x, y) => {
  const isInDisc = (x - 8) ** 2 + (y - 7) ** 2 < 25;
  return [isInDisc ? 230 : 30, 20 + ((x * 9) % 200), Math.abs(x - y - 3) < 2 ? 250 : 60];
};
const srgb = colorSpaceOf('rgb', { fullRange: true, transfer: 'iec61966-2-1' });

const NETWORK_SIZES = [
  [24, 16, 48, 32],
  [17, 5, 26, 8],
] as const;

/** What is tested here. The filters of `wgsl` are in engine.browser.test.ts, where they are compiled anyway, which takes seconds. */
const QUALITIES: Record<string, readonly Quality[]> = {
  js: FILTERS,
  wasm: [...FILTERS, 'fast'],
  wgsl: ['bilinear', 'fast'],
  'ort-wasm': ['fast'],
};
const backends = new Map<string, Backend>();

function backendOf(name: string): Backend {
  const backend = backends.get(name);
  if (!backend) throw new Error(`no backend ${name}`);
  return backend;
}

beforeAll(async () => {
  const { kernels, threads } = await loadKernels();
  const opened = await openDevice(navigator.gpu);
  if (!opened) throw new Error('no WebGPU in the tests');
  backends.set('js', new JsBackend(now));
  backends.set('wasm', new WasmBackend({ kernels, threads, models: repositoryModels, now }));
  backends.set('wgsl', new WgslBackend(opened.device, repositoryModels));
  backends.set('ort-wasm', new OrtWasmBackend(repositoryModels, now));
});

afterAll(() => {
  for (const backend of backends.values()) backend.dispose();
});

/** Makes detail of a frame, which is closed. */
async function detailOf(backend: Backend, frame: VideoFrame, target: FrameTarget): Promise<ReadDetail> {
  const frames = backend.openFrames({ detail: DETAIL, ...target });
  try {
    return await readDetail(await (await frames.start(frame, EXCLUSIVE_SLOT)).finish());
  } finally {
    frame.close();
    frames.dispose();
  }
}

function frameOf({ width, height, data }: PixelImage, extras: { duration?: number } = {}): VideoFrame {
  const size = { codedWidth: width, codedHeight: height };
  return new VideoFrame(new Uint8Array(data), { format: 'RGBX', ...size, timestamp: 7, ...extras });
}

async function sharpReference(image: PixelImage, { outWidth, outHeight, quality }: FrameTarget): Promise<PixelImage> {
  if (!isNetwork(quality)) {
    return { width: outWidth, height: outHeight, data: upscaleReference(image, { outWidth, outHeight, quality }) };
  }
  const { shape, layers } = await loadNetwork(quality);
  const doubled = doubledReference(shape, layers, image);
  const { width, height } = image;
  const filter = filterAfter({ width, height, outWidth, outHeight, quality });
  return filter ? sharpReference(doubled, { outWidth, outHeight, quality: filter }) : doubled;
}

describe.each(Object.entries(QUALITIES))('detail of %s', (name, qualities) => {
  test.each(qualities)('is what %s has more than the base, at even and odd ratios', async (quality) => {
    for (const [width, height, outWidth, outHeight] of isNetwork(quality) ? NETWORK_SIZES : SIZES) {
      const image = opaque(paintedPicture(width, height));
      const target = { outWidth, outHeight, quality };
      const expected = detailCodes(image, await sharpReference(image, target));
      const { codes } = await detailOf(backendOf(name), frameOf(image), target);
      const excess = largestExcess(codes, expected, isNetwork(quality) ? IMAGE.tolerance8bit : 1);
      expect([outWidth, outHeight, excess <= 0 ? 'right' : excess]).toEqual([outWidth, outHeight, 'right']);
      // A test of a picture without detail would prove nothing.
      if (quality !== 'bicubic' && outWidth > width) expect(new Set(expected).size).toBeGreaterThan(10);
    }
  });

  test('comes in frames of the output size, without colour, with the time of their source', async () => {
    const quality = qualities[0] ?? 'fast';
    const frame = frameOf(opaque(paintedPicture(24, 16)), { duration: 40 });
    const made = await detailOf(backendOf(name), frame, { outWidth: 48, outHeight: 32, quality });
    expect(made.frame).toEqual({ format: 'I420', timestamp: 7, duration: 40, codedWidth: 48, codedHeight: 32 });
    expect(made.chroma).toEqual(new Set([NO_DETAIL_CODE]));
    expect(made.colorSpace).toEqual({ primaries: 'bt709', transfer: 'bt709', matrix: 'bt709', fullRange: false });
  });
});

describe.each(['wasm', 'wgsl'])('on %s', (name) => {
  test.each(['NV12', 'I420', 'RGBA'] as const)('detail of %s is that of the reference', async (format) => {
    const size = { width: 24, height: 16 };
    const make = () =>
      format === 'RGBA'
        ? rgbFrame(format, size, srgb, painting)
        : yuvFrame(format, size, colorSpaceOf('bt709'), painting);
    const target = { outWidth: 48, outHeight: 32, quality: 'bilinear' } as const;
    const expected = await detailOf(backendOf('js'), make(), target);
    const made = await detailOf(backendOf(name), make(), target);
    expect(largestExcess(made.codes, expected.codes, 1)).toBeLessThanOrEqual(0);
    expect(new Set(made.codes).size).toBeGreaterThan(20);
  });
});

test.each(['js', 'wasm'])('a flat picture has no detail on %s after any filter, at the largest gain', async (name) => {
  const detail = { base: 'bicubic', gain: 16, deadZone: 0 } as const;
  for (const quality of FILTERS) {
    for (const [width, height, outWidth, outHeight] of SIZES) {
      const flat = rgbFrame('RGBX', { width, height }, srgb, () => [201, 37, 90]);
      const { codes } = await detailOf(backendOf(name), flat, { outWidth, outHeight, quality, detail });
      expect([quality, outWidth, ...new Set(codes)]).toEqual([quality, outWidth, NO_DETAIL_CODE]);
    }
  }
});
