import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { NO_DETAIL_CODE } from '../../shared/detail.ts';
import { MeshError } from '../../shared/errors.ts';
import { definitionOf } from '../../shared/tasks/catalogue.ts';
import type { PixelImage } from '../../shared/tasks/definition.ts';
import { FILTERS, type Filter, IMAGE } from '../../shared/tasks/upscale.ts';
import { Engine } from './engine.ts';
import type { EngineCapabilities, EngineOptions, ExecuteOptions, FrameUpscaler } from './engine-types.ts';
import type { MeasuredSpeeds } from './measured-speeds.ts';
import { upscaleReference } from './reference/upscale.ts';
import { DETAIL, detailCodes, largestExcess, readDetail } from './test-detail.ts';
import { fixedSpeeds, watchedGpu } from './test-gpu.ts';
import { repositoryModels } from './test-models.ts';
import { largestVisibleDifference, opaque, paintedPicture } from './test-pictures.ts';

const nobodys: ExecuteOptions = { owner: 'nobody', signal: new AbortController().signal };
const engines: Engine[] = [];

async function startEngine(options: Partial<EngineOptions> = {}): Promise<Engine> {
  const engine = await Engine.create({
    gpu: navigator.gpu,
    now: () => performance.now(),
    preferBackend: 'wgsl',
    ...(shared && { measuredSpeeds: shared.measuredSpeeds }),
    ...options,
  });
  engines.push(engine);
  return engine;
}

/** The one engine that measures this machine, which takes seconds on a software GPU. The others are given its speeds. */
let shared: Engine;

beforeAll(async () => {
  shared = await startEngine();
  engines.length = 0;
});

afterEach(() => {
  for (const engine of engines.splice(0)) engine.dispose();
});

afterAll(() => shared.dispose());

function upscaleTask(image: PixelImage, width: number, height: number, quality: Filter) {
  return definitionOf('upscale').pack({ image, width, height, quality });
}

function largestDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  if (a.length !== b.length) return Number.POSITIVE_INFINITY;
  let largest = 0;
  for (let i = 0; i < a.length; i++) largest = Math.max(largest, Math.abs((a[i] ?? 0) - (b[i] ?? 0)));
  return largest;
}

describe.each(FILTERS)('the %s kernel', (quality) => {
  test('matches the reference at odd sizes, any ratio and with alpha', async () => {
    for (const [width, height, outWidth, outHeight] of [
      [1, 1, 1, 1],
      [1, 1, 4, 3],
      [17, 5, 17, 5],
      [17, 5, 34, 10],
      [17, 5, 68, 20],
      [17, 5, 31, 17],
      [5, 17, 5, 68],
      [67, 33, 100, 50],
      [33, 67, 99, 201],
    ] as const) {
      const image = paintedPicture(width, height);
      const task = upscaleTask(image, outWidth, outHeight, quality);
      const { backend, attachments } = await shared.execute('upscale', task, nobodys);
      const expected = upscaleReference(image, { outWidth, outHeight, quality });
      expect(backend).toBe('wgsl');
      const difference = largestVisibleDifference(attachments[0] ?? new Uint8Array(0), expected);
      expect([width, height, outWidth, outHeight, difference <= IMAGE.tolerance8bit ? 'right' : difference]).toEqual([
        ...[width, height, outWidth, outHeight],
        'right',
      ]);
    }
  });

  test('sharpens frames of a stream like pictures, and keeps their time', async () => {
    const image = opaque(paintedPicture(48, 27));
    const upscaler = shared.openFrames({ outWidth: 96, outHeight: 54, quality });
    const expected = upscaleReference(image, { outWidth: 96, outHeight: 54, quality });
    // More at a time than there are readback buffers.
    const times = [10, 20, 30, 40, 50];
    const frames = await Promise.all(times.map((timestamp) => processed(upscaler, image, timestamp)));
    expect(frames.map(({ timestamp }) => timestamp)).toEqual(times);
    for (const { pixels } of frames)
      expect(largestDifference(pixels, expected)).toBeLessThanOrEqual(IMAGE.tolerance8bit);
  });

  test('gives streams of detail what its pictures have more than the base, at even and odd ratios', async () => {
    for (const [width, height, outWidth, outHeight] of [
      [24, 16, 48, 32],
      [17, 5, 34, 10],
      [17, 5, 26, 8],
    ] as const) {
      const image = opaque(paintedPicture(width, height));
      const target = { outWidth, outHeight, quality };
      const frames = shared.openFrames({ ...target, detail: DETAIL });
      const codes = await detailProcessed(frames, image);
      const sharp = { width: outWidth, height: outHeight, data: upscaleReference(image, target) };
      expect([outWidth, largestExcess(codes, detailCodes(image, sharp), 1) <= 0]).toEqual([outWidth, true]);
      frames.dispose();
    }
  });

  test('has no detail of a flat picture, at the largest gain', async () => {
    for (const [outWidth, outHeight] of [
      [34, 10],
      [26, 8],
      [18, 6],
    ] as const) {
      const detail = { base: 'bicubic', gain: 16, deadZone: 0 } as const;
      const frames = shared.openFrames({ outWidth, outHeight, quality, detail });
      const flat = { width: 17, height: 5, data: new Uint8Array(17 * 5 * 4).fill(201) };
      expect(new Set(await detailProcessed(frames, flat))).toEqual(new Set([NO_DETAIL_CODE]));
      frames.dispose();
    }
  });
});

test('853x480 matches the reference', async () => {
  const image = paintedPicture(853, 480);
  const task = upscaleTask(image, 1280, 720, 'bilinear');
  const { attachments } = await shared.execute('upscale', task, nobodys);
  const expected = upscaleReference(image, { outWidth: 1280, outHeight: 720, quality: 'bilinear' });
  expect(largestVisibleDifference(attachments[0] ?? new Uint8Array(0), expected)).toBeLessThanOrEqual(2);
});

test("frames in a decoder's I420 are converted", async () => {
  // Mid grey is the same in every matrix: luma 126 of 16..235, chroma 128.
  const planes = new Uint8Array(16 * 16 * 1.5).fill(128);
  planes.fill(126, 0, 256);
  const frame = new VideoFrame(planes, { format: 'I420', codedWidth: 16, codedHeight: 16, timestamp: 7 });
  const sharp = await shared.openFrames({ outWidth: 32, outHeight: 32, quality: 'spatial' }).process(frame);
  const pixels = await pixelsOf(sharp);
  frame.close();
  sharp.close();
  expect(largestDifference(pixels.slice(0, 4), [128, 128, 128, 255])).toBeLessThanOrEqual(3);
});

test('a stream goes on when its frames change size, and reports an error when they no longer fit', async () => {
  const upscaler = shared.openFrames({ outWidth: 64, outHeight: 64, quality: 'spatial' });
  await processed(upscaler, opaque(paintedPicture(32, 32)), 1);
  await processed(upscaler, opaque(paintedPicture(48, 40)), 2);
  await expect(processed(upscaler, opaque(paintedPicture(8, 8)), 3)).rejects.toMatchObject({ reason: 'bad-input' });
});

test("without WebGPU the processor is used, and the adapter's name says so", async () => {
  const engine = await startEngine({ gpu: undefined });
  expect(engine.capabilities.adapter).toContain('No WebGPU');
  expect(engine.capabilities.backends.upscale).toMatchObject({ backend: 'wasm' });
  const image = paintedPicture(17, 5);
  const executed = await engine.execute('upscale', upscaleTask(image, 34, 10, 'spatial'), nobodys);
  const expected = upscaleReference(image, { outWidth: 34, outHeight: 10, quality: 'spatial' });
  expect(executed.backend).toBe('wasm');
  expect(largestDifference(executed.attachments[0] ?? [], expected)).toBeLessThanOrEqual(IMAGE.tolerance8bit);
  const frame = await processed(
    engine.openFrames({ outWidth: 34, outHeight: 10, quality: 'spatial' }),
    opaque(image),
    5,
  );
  expect(frame.pixels.length).toBe(34 * 10 * 4);
});

describe('where the kernels of the processor cannot run, the reference computes, and the name says why', () => {
  afterEach(() => {
    vi.unstubAllGlobals();
    vi.restoreAllMocks();
  });

  const refuse = () => vi.spyOn(WebAssembly, 'compile').mockRejectedValue(new WebAssembly.CompileError('refused'));

  test.each<[string, () => void]>([
    ['WebAssembly is forbidden', refuse],
    ['no vectors in WebAssembly (SIMD)', () => refuse() && vi.spyOn(WebAssembly, 'validate').mockReturnValue(false)],
    ['has no WebAssembly', () => vi.stubGlobal('WebAssembly', undefined)],
    ['could not be fetched', () => vi.spyOn(globalThis, 'fetch').mockRejectedValue(new TypeError('offline'))],
  ])('%s', async (why, forbid) => {
    forbid();
    const engine = await startEngine({ gpu: undefined });
    expect(engine.capabilities.backends.upscale?.backend).toBe('js');
    expect(engine.capabilities.adapter).toContain('plain JavaScript');
    expect(engine.capabilities.adapter).toContain(why);
    const task = upscaleTask(paintedPicture(4, 4), 8, 8, 'spatial');
    expect((await engine.execute('upscale', task, nobodys)).backend).toBe('js');
  });
});

test.each([
  ['has no adapter', async () => null],
  [
    'opens no device',
    async () => ({ info: {}, features: new Set(), requestDevice: () => Promise.reject(new Error()) }),
  ],
])("a GPU that %s is not used, and the adapter's name says why", async (_what, requestAdapter) => {
  const gpu = { requestAdapter } as unknown as GPU;
  const engine = await startEngine({ gpu });
  expect(engine.capabilities.backends.upscale?.backend).toBe('wasm');
  expect(engine.capabilities.adapter).toContain('No GPU');
});

test('capabilities are measured, and echo returns its bytes', async () => {
  const { adapter, backends, frameIn, frameOut } = shared.capabilities;
  expect(adapter.length).toBeGreaterThan(0);
  expect(backends.upscale?.unitsPerMs).toBeGreaterThan(0);
  expect([frameIn, frameOut].every((way) => way.length > 0)).toBe(true);
  const bytes = new Uint8Array([1, 2, 3]);
  const { attachments } = await shared.execute('echo', { params: { sizeBytes: 3 }, attachments: [bytes] }, nobodys);
  expect([...(attachments[0] ?? [])]).toEqual([1, 2, 3]);
});

test('an engine given the speeds of its adapter times nothing, and one given those of another measures', async () => {
  const { measuredSpeeds, capabilities } = shared;
  if (!measuredSpeeds.gpu) throw new Error('The GPU was not measured.');
  const stored = { ...measuredSpeeds, gpu: { ...measuredSpeeds.gpu, filterUnitsPerMs: 1 / 8 } };
  const posted: MeasuredSpeeds = JSON.parse(JSON.stringify(stored));
  const engine = await startEngine({ measuredSpeeds: posted });
  const { upscale, ...others } = capabilities.backends;
  expect(engine.capabilities).toEqual({
    ...capabilities,
    backends: { ...others, upscale: { ...upscale, unitsPerMs: 1 / 8 } },
  });
  expect(engine.measuredSpeeds).toEqual(posted);
  const onProcessor = { gpu: undefined, preferBackend: 'js' } as const;
  const foreign = await startEngine({ ...onProcessor, measuredSpeeds: { ...posted, cpuUnitsPerMs: 1 / 8 } });
  expect(foreign.measuredSpeeds.cpuUnitsPerMs).toBeGreaterThan(1 / 8);
  expect(foreign.measuredSpeeds.gpu).toBeNull();
});

test('remembered speeds are timed again in the background for the next start, but not a software GPU that lost', async () => {
  const { gpu, devices } = watchedGpu();
  const remembered = { ...(await fixedSpeeds(undefined, gpu)), gpu: null, cpuUnitsPerMs: 1 / 8, networks: {} };
  const told: MeasuredSpeeds[] = [];
  let measureAgain = () => {};
  const after = (_delayMs: number, callback: () => void) => {
    measureAgain = callback;
    return () => {};
  };
  const engine = await Engine.create({
    ...{ gpu, now: () => performance.now(), measuredSpeeds: remembered, models: repositoryModels },
    onMeasured: (speeds) => told.push(speeds),
    refresh: { clock: { now: () => performance.now(), after }, isMachineBusy: () => false },
  });
  engines.push(engine);
  const [device] = devices;
  // On a real GPU all of it is measured.
  if (!device || !engine.capabilities.adapter.includes('(software)')) return;
  expect(told).toEqual([remembered]);
  expect(engine.capabilities.backends.upscale).toEqual({ backend: 'wasm', unitsPerMs: 1 / 8 });

  measureAgain();
  await expect.poll(() => told.length).toBe(2);
  expect(told[1]).toMatchObject({ key: remembered.key, gpu: null });
  expect(told[1]?.cpuUnitsPerMs).toBeGreaterThan(1 / 8);
  expect(engine.capabilities.backends.upscale, 'they are for the next start').toMatchObject({ unitsPerMs: 1 / 8 });

  await engine.openFrames({ outWidth: 64, outHeight: 36, quality: 'fast' }).ready();
  expect(told[2], 'what is measured later does not bring the old ones back').toEqual({
    ...told[1],
    networks: { fast: { wasm: expect.anything() } },
  });
});

test('a cancelled task ends at once, a malformed one is refused, and others are not affected', async () => {
  const engine = await startEngine({ preferBackend: 'js' });
  const controller = new AbortController();
  const large = upscaleTask(paintedPicture(640, 360), 2560, 1440, 'spatial');
  const cancelled = engine.execute('upscale', large, { owner: 'impatient', signal: controller.signal });
  const other = engine.execute('upscale', upscaleTask(paintedPicture(4, 4), 8, 8, 'spatial'), nobodys);
  setTimeout(() => controller.abort(), 20);
  await expect(cancelled).rejects.toMatchObject({ reason: 'cancelled' });
  await expect(other).resolves.toMatchObject({ backend: 'js' });
  const torn = { params: large.params, attachments: [new Uint8Array(3)] };
  await expect(engine.execute('upscale', torn, nobodys)).rejects.toMatchObject({ reason: 'malformed' });
  await expect(engine.execute('cooking', large, nobodys)).rejects.toMatchObject({ reason: 'unknown-task' });
});

test('a lost device returns its task, and tasks and streams go on with a new device', async () => {
  const { gpu, devices } = watchedGpu();
  const told: EngineCapabilities[] = [];
  const engine = await startEngine({ gpu, onCapabilities: (capabilities) => told.push(capabilities) });
  const image = opaque(paintedPicture(64, 36));
  const task = upscaleTask(image, 128, 72, 'spatial');
  const upscaler = engine.openFrames({ outWidth: 128, outHeight: 72, quality: 'spatial' });
  const detail = engine.openFrames({ outWidth: 128, outHeight: 72, quality: 'spatial', detail: DETAIL });
  await processed(upscaler, image, 1);
  const codes = await detailProcessed(detail, image);
  const running = engine.execute('upscale', task, nobodys);
  devices[0]?.destroy();
  await expect(running).rejects.toMatchObject({ reason: 'device-lost' });
  expect((await processed(upscaler, image, 2)).timestamp).toBe(2);
  expect(await detailProcessed(detail, image)).toEqual(codes);
  expect((await engine.execute('upscale', task, nobodys)).backend).toBe('wgsl');
  expect([devices.length, told.length]).toEqual([2, 1]);
  expect(told[0], 'its speeds are not measured again').toEqual(shared.capabilities);
});

test('a disposed engine refuses work', async () => {
  const engine = await startEngine({ preferBackend: 'js' });
  engine.dispose();
  const task = upscaleTask(paintedPicture(4, 4), 8, 8, 'spatial');
  await expect(engine.execute('upscale', task, nobodys)).rejects.toMatchObject({ reason: 'closed' });
  expect(() => engine.openFrames({ outWidth: 8, outHeight: 8, quality: 'spatial' })).toThrow(MeshError);
});

async function processed(upscaler: FrameUpscaler, image: ReturnType<typeof opaque>, timestamp: number) {
  const { width: codedWidth, height: codedHeight, data } = image;
  const frame = new VideoFrame(data, { format: 'RGBX', codedWidth, codedHeight, timestamp });
  try {
    const sharp = await upscaler.process(frame);
    const pixels = await pixelsOf(sharp);
    sharp.close();
    return { timestamp: sharp.timestamp, pixels };
  } finally {
    frame.close();
  }
}

async function detailProcessed(frames: FrameUpscaler, { width, height, data }: ReturnType<typeof opaque>) {
  const frame = new VideoFrame(data, { format: 'RGBX', codedWidth: width, codedHeight: height, timestamp: 1 });
  const { codes } = await readDetail(await frames.process(frame));
  frame.close();
  return codes;
}

async function pixelsOf(frame: VideoFrame): Promise<Uint8Array> {
  const pixels = new Uint8Array(frame.codedWidth * frame.codedHeight * 4);
  await frame.copyTo(pixels, { format: 'RGBA' });
  return pixels;
}
