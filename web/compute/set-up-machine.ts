import { COMPUTE } from '../../shared/tuning.ts';
import type { EngineOptions } from './engine-types.ts';
import { JsBackend } from './js/js-backend.ts';
import type { Machine } from './machine.ts';
import { givesRightAnswers, measureSpeed } from './probe.ts';
import { findFrameWays } from './wgsl/frame-self-test.ts';
import { type OpenedDevice, openDevice } from './wgsl/gpu-device.ts';
import { WgslBackend } from './wgsl/wgsl-backend.ts';

type Options = Pick<EngineOptions, 'gpu' | 'now' | 'preferBackend'>;

/**
 * Measures what this machine can do and takes the fastest way that gives right answers; within {@link COMPUTE.probeBudgetMs} unless
 * the GPU was asked for by name.
 */
export async function setUpMachine(options: Options): Promise<Machine> {
  const startMs = options.now();
  const processor = await measureProcessor(options.now);
  if (!options.gpu || options.preferBackend === 'js') return processor;
  const measuring = measureGpu(options.gpu, options.now);
  // Whoever insists on the GPU waits for it.
  const insists = options.preferBackend === 'wgsl';
  const graphics = await (insists ? measuring : within(COMPUTE.probeBudgetMs - (options.now() - startMs), measuring));
  if (!graphics) return processor;
  if (insists || graphics.unitsPerMs > processor.unitsPerMs) return graphics;
  // A software adapter: the same processor, with more to carry.
  graphics.dispose();
  return { ...processor, adapter: `${graphics.adapter}: this computer's processor is faster` };
}

async function measureProcessor(now: () => number): Promise<Machine> {
  const js = new JsBackend(now);
  return {
    adapter: "No WebGPU: this computer's processor",
    frameIn: 'copyTo',
    frameOut: 'pixels',
    upscaler: js,
    unitsPerMs: await measureSpeed(js, now, COMPUTE.probeBackendMs / 2),
    lost: new Promise(() => {
      // A processor does not go away.
    }),
    dispose: () => js.dispose(),
  };
}

/** Null where there is no adapter, or none that computes right. */
async function measureGpu(gpu: GPU, now: () => number): Promise<Machine | null> {
  const opened = await openDevice(gpu).catch(() => null);
  if (!opened) return null;
  const wgsl = new WgslBackend(opened.device);
  try {
    if (await givesRightAnswers(wgsl)) return await measureBackend(opened, wgsl, now);
  } catch {
    // A driver that cannot run the kernels: the processor does it.
  }
  wgsl.dispose();
  return null;
}

async function measureBackend(
  { device, name, isSoftware }: OpenedDevice,
  wgsl: WgslBackend,
  now: () => number,
): Promise<Machine> {
  const unitsPerMs = await measureSpeed(wgsl, now, COMPUTE.probeBackendMs / 2);
  wgsl.ways = await findFrameWays(wgsl, isSoftware, now);
  return {
    adapter: name,
    ...wgsl.ways,
    upscaler: wgsl,
    unitsPerMs,
    lost: device.lost.then(() => {}),
    dispose: () => wgsl.dispose(),
  };
}

/** Null when it takes too long; what still comes of it is disposed. */
async function within(budgetMs: number, measuring: Promise<Machine | null>): Promise<Machine | null> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let isLate = false;
  const late = new Promise<null>((resolve) => {
    timer = setTimeout(() => {
      isLate = true;
      resolve(null);
    }, budgetMs);
  });
  void measuring.then((machine) => {
    if (isLate) machine?.dispose();
  });
  const machine = await Promise.race([measuring, late]);
  clearTimeout(timer);
  return machine;
}
