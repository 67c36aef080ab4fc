import { afterAll, beforeAll, expect, test } from 'vitest';
import { definitionOf } from '../../shared/tasks/catalogue.ts';
import { FILTERS, type Filter } from '../../shared/tasks/upscale.ts';
import { Engine } from './engine.ts';
import { fixedSpeeds } from './test-gpu.ts';
import { paintedPicture } from './test-pictures.ts';
import { READBACK_RING_SIZE } from './wgsl/gpu-buffers.ts';

/** Methods that compile, and methods that allocate on the GPU. */
const COMPILING = [
  ...['createShaderModule', 'createPipelineLayout', 'createBindGroupLayout'],
  ...['createComputePipeline', 'createComputePipelineAsync', 'createRenderPipeline', 'createRenderPipelineAsync'],
];
const ALLOCATING = ['createBuffer', 'createTexture', 'createSampler'];

const calls: string[] = [];
let engine: Engine;

/** The browser's WebGPU, which records what is created on its devices. */
function recordingGpu(): GPU {
  const requestAdapter = async (options?: GPURequestAdapterOptions) => {
    const adapter = await navigator.gpu.requestAdapter(options);
    if (!adapter) return null;
    const requestDevice = async (descriptor?: GPUDeviceDescriptor) =>
      recording(await adapter.requestDevice(descriptor));
    return { info: adapter.info, features: adapter.features, requestDevice };
  };
  return { requestAdapter } as unknown as GPU;
}

/** Replaces the device's own methods, because the browser accepts no stand-in for a device. */
function recording(device: GPUDevice): GPUDevice {
  for (const name of [...COMPILING, ...ALLOCATING]) {
    const method = Reflect.get(device, name) as (...parameters: unknown[]) => unknown;
    Reflect.set(device, name, (...parameters: unknown[]) => {
      calls.push(name);
      return Reflect.apply(method, device, parameters);
    });
  }
  return device;
}

/** What was created on the GPU during `work`. */
async function createdBy(names: readonly string[], work: () => Promise<unknown>): Promise<string[]> {
  calls.length = 0;
  await work();
  return calls.filter((name) => names.includes(name));
}

beforeAll(async () => {
  engine = await Engine.create({
    gpu: recordingGpu(),
    now: () => performance.now(),
    preferBackend: 'wgsl',
    measuredSpeeds: await fixedSpeeds('wgsl'),
  });
  // Proves that the recording works, without which the tests below prove nothing.
  expect(calls).toEqual(expect.arrayContaining(['createShaderModule', 'createBuffer', 'createTexture']));
});

afterAll(() => engine.dispose());

const sizes = { bilinear: [24, 18], bicubic: [22, 16], spatial: [26, 20] } as const;

function runTask(quality: Filter, owner = 'ann') {
  const [width, height] = sizes[quality];
  const image = paintedPicture(width, height);
  const packed = definitionOf('upscale').pack({ image, width: width * 2, height: height * 2, quality });
  return engine.execute('upscale', packed, { owner, signal: new AbortController().signal });
}

async function many(count: number, run: () => Promise<unknown>) {
  for (let i = 0; i < count; i++) await run();
}

test.each(FILTERS)('%s: the first task compiles nothing, the tenth allocates nothing', async (quality) => {
  expect(await createdBy(COMPILING, () => runTask(quality))).toEqual([]);
  await many(8, () => runTask(quality));
  expect(await createdBy([...COMPILING, ...ALLOCATING], () => runTask(quality))).toEqual([]);
});

test('simultaneous tasks rotate through a few readback buffers, whoever owns them', async () => {
  const burst = () => Promise.all(['ann', 'bob', 'ann', 'cat', 'bob', 'ann'].map((owner) => runTask('spatial', owner)));
  const made = await createdBy(ALLOCATING, burst);
  // Each with the two buffers that measure its time.
  expect(made.filter((name) => name === 'createBuffer').length).toBeLessThanOrEqual(3 * READBACK_RING_SIZE);
  expect(await createdBy([...COMPILING, ...ALLOCATING], burst)).toEqual([]);
});

test('a task of another size in between frees nothing', async () => {
  await many(2, () => runTask('bilinear'));
  await many(2, () => runTask('spatial'));
  const alternating = async () => {
    await runTask('bilinear');
    await runTask('spatial');
  };
  expect(await createdBy([...COMPILING, ...ALLOCATING], alternating)).toEqual([]);
});

test.each(FILTERS)('%s: the same holds for the frames of a stream', async (quality) => {
  const frames = engine.openFrames({ outWidth: 64, outHeight: 48, quality });
  const { data } = paintedPicture(32, 24);
  const pixels = Uint8Array.from(data);
  const sharpen = async () => {
    const frame = new VideoFrame(pixels, { format: 'RGBX', codedWidth: 32, codedHeight: 24, timestamp: 0 });
    (await frames.process(frame)).close();
    frame.close();
  };
  expect(await createdBy(COMPILING, sharpen)).toEqual([]);
  await many(8, sharpen);
  expect(await createdBy([...COMPILING, ...ALLOCATING], sharpen)).toEqual([]);
  frames.dispose();
});
