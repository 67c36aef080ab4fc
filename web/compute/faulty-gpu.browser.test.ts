import { afterAll, beforeAll, expect, test } from 'vitest';
import { definitionOf } from '../../shared/tasks/catalogue.ts';
import { IMAGE } from '../../shared/tasks/upscale.ts';
import { Engine } from './engine.ts';
import type { EngineCapabilities, FrameUpscaler } from './engine-types.ts';
import { upscaleReference } from './reference/upscale.ts';
import { SPOT_CHECK_INTERVAL_MS, WRONG_IN_A_ROW } from './spot-checks.ts';
import { fixedSpeeds, watchedGpu } from './test-gpu.ts';
import { opaque, paintedPicture } from './test-pictures.ts';

/** One engine for all tests, since compiling takes seconds on a software GPU. Each test uses smaller pictures than the one before it. */
let engine: Engine;
let device: GPUDevice;
let aheadMs = 0;
const told: EngineCapabilities[] = [];

beforeAll(async () => {
  const { gpu, devices } = watchedGpu();
  engine = await Engine.create({
    ...{ gpu, preferBackend: 'wgsl', now: () => performance.now() + aheadMs },
    measuredSpeeds: await fixedSpeeds('wgsl', gpu),
    onCapabilities: (capabilities) => told.push(capabilities),
  });
  const [opened] = devices;
  if (!opened) throw new Error('no GPU');
  device = opened;
});

afterAll(() => engine.dispose());

class Picture {
  readonly #image;
  readonly #target;

  constructor(width: number, height: number) {
    this.#image = opaque(paintedPicture(width, height));
    this.#target = { outWidth: 2 * width, outHeight: 2 * height, quality: 'bilinear' } as const;
  }

  async asTask(): Promise<{ backend: string; isRight: boolean }> {
    const { outWidth: width, outHeight: height, quality } = this.#target;
    const task = definitionOf('upscale').pack({ image: this.#image, width, height, quality });
    const executed = await engine.execute('upscale', task, { owner: 'ann', signal: new AbortController().signal });
    return { backend: executed.backend, isRight: this.#isRight(executed.attachments[0]) };
  }

  openFrames(): FrameUpscaler {
    return engine.openFrames(this.#target);
  }

  /** Whether the frame comes out right. */
  async through(frames: FrameUpscaler): Promise<boolean> {
    const { width: codedWidth, height: codedHeight, data } = this.#image;
    const frame = new VideoFrame(data, { format: 'RGBX', codedWidth, codedHeight, timestamp: 1 });
    const sharp = await frames.process(frame);
    frame.close();
    const pixels = new Uint8Array(this.#target.outWidth * this.#target.outHeight * 4);
    await sharp.copyTo(pixels, { format: 'RGBA' });
    sharp.close();
    return this.#isRight(pixels);
  }

  #isRight(pixels: Uint8Array | undefined): boolean {
    const expected = upscaleReference(this.#image, this.#target);
    return expected.every((value, i) => Math.abs(value - (pixels?.[i] ?? -255)) <= IMAGE.tolerance8bit);
  }
}

test.each([
  ['texture', new Picture(96, 64), () => failing('createTexture', { size: [1_000_000, 1] })],
  ['buffer', new Picture(80, 60), () => failing('createBuffer', { size: 2 ** 40 })],
])(
  'pictures for which the GPU makes no %s are computed by the processor, and the GPU is not asked again',
  async (_what, picture, fail) => {
    const { attempts, end } = fail();
    const frames = picture.openFrames();
    for (let n = 0; n < 2; n++) {
      const { backend, isRight } = await picture.asTask();
      expect([backend === 'wgsl', isRight]).toEqual([false, true]);
      expect(await picture.through(frames)).toBe(true);
    }
    expect(attempts()).toBe(1);
    end();
    frames.dispose();
    expect(await new Picture(40, 40).asTask(), 'small ones still fit').toEqual({ backend: 'wgsl', isRight: true });
  },
);

test('a stream goes on when the GPU has no memory for its next frame', async () => {
  const picture = new Picture(72, 48);
  const { end } = failing('createTexture', { size: [1_000_000, 1] });
  const frames = picture.openFrames();
  for (let n = 0; n < 3; n++) expect(await picture.through(frames)).toBe(true);
  expect(frames.backend).not.toBe('wgsl');
  end();
  frames.dispose();
});

test('a GPU that gives wrong pixels after an hour is given up, its name says so, and tasks and streams go on', async () => {
  const picture = new Picture(64, 48);
  const frames = picture.openFrames();
  expect([await picture.through(frames), frames.backend]).toEqual([true, 'wgsl']);
  aheadMs = 3_600_000;
  const { writeTexture } = device.queue;
  device.queue.writeTexture = (destination, data, ...layout) =>
    writeTexture.call(device.queue, destination, new Uint8Array(data.byteLength).fill(99), ...layout);
  for (let n = 0; n < WRONG_IN_A_ROW; n++) {
    expect(await picture.through(frames)).toBe(false);
    aheadMs += SPOT_CHECK_INTERVAL_MS;
  }
  await expect.poll(() => told.length).toBe(1);
  expect(told[0]?.adapter).toMatch(/gave wrong pictures: this computer's processor/);
  expect(told[0]?.backends.upscale?.backend).not.toBe('wgsl');
  expect([await picture.through(frames), frames.backend === 'wgsl']).toEqual([true, false]);
  expect((await picture.asTask()).isRight).toBe(true);
});

/** Lets the device fail to make what holds a result, as one does whose limits promise more than there is. */
function failing(name: 'createTexture' | 'createBuffer', change: object) {
  let count = 0;
  const method = Reflect.get(device, name) as (descriptor: GPUObjectDescriptorBase) => unknown;
  Reflect.set(device, name, (descriptor: GPUObjectDescriptorBase) => {
    const isResult = ['result', 'readback'].includes(descriptor.label ?? '');
    if (isResult) count++;
    return Reflect.apply(method, device, [isResult ? { ...descriptor, ...change } : descriptor]);
  });
  return { attempts: () => count, end: () => Reflect.set(device, name, method) };
}
