import { MeshError } from '../../shared/errors.ts';
import { COMPUTE } from '../../shared/tuning.ts';
import type { EngineOptions } from './engine-types.ts';
import { JsBackend } from './js/js-backend.ts';
import type { Machine } from './machine.ts';
import { givesRightAnswers, measureSpeed } from './probe.ts';
import { findFrameWays } from './wgsl/frame-self-test.ts';
import { type OpenedDevice, openDevice } from './wgsl/gpu-device.ts';
import { WgslBackend } from './wgsl/wgsl-backend.ts';

/** A driver's complaint may be pages long; a line of it is passed on. */
const MAX_CAUSE = 80;

/** Why a GPU is not used, for a person. */
interface Refusal {
  refused: string;
}

type Options = Pick<EngineOptions, 'gpu' | 'now' | 'preferBackend' | 'models'>;

/**
 * Measures what this machine can do and takes the fastest way that gives right answers; within {@link COMPUTE.probeBudgetMs} unless
 * the GPU was asked for by name.
 */
export async function setUpMachine(options: Options): Promise<Machine> {
  const startMs = options.now();
  const processor = await measureProcessor(options.now);
  if (options.preferBackend === 'js') return processor;
  if (!options.gpu) return { ...processor, adapter: `No WebGPU: ${processor.adapter}` };
  const measuring = measureGpu(options.gpu, options.now);
  // Whoever insists on the GPU waits for it.
  const insists = options.preferBackend === 'wgsl';
  const graphics = await (insists ? measuring : within(COMPUTE.probeBudgetMs - (options.now() - startMs), measuring));
  if ('refused' in graphics) return { ...processor, adapter: `${graphics.refused}: ${processor.adapter}` };
  if (insists || graphics.unitsPerMs > processor.unitsPerMs) return graphics;
  // A software adapter: the same processor, with more to carry.
  graphics.dispose();
  return { ...processor, adapter: `${graphics.adapter} is slower than ${processor.adapter}` };
}

async function measureProcessor(now: () => number): Promise<Machine> {
  const js = new JsBackend(now);
  return {
    adapter: "this computer's processor",
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

async function measureGpu(gpu: GPU, now: () => number): Promise<Machine | Refusal> {
  const opened = await openDevice(gpu).catch(() => null);
  if (!opened) return { refused: 'No GPU for WebGPU' };
  const wgsl = new WgslBackend(opened.device);
  try {
    if (await givesRightAnswers(wgsl)) return await measureBackend(opened, wgsl, now);
    wgsl.dispose();
    return { refused: `${opened.name} computes wrong` };
  } catch (cause) {
    wgsl.dispose();
    return {
      refused: `${opened.name} does not run the kernels (${MeshError.from(cause).message.slice(0, MAX_CAUSE)})`,
    };
  }
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

/** Refused when it takes too long; what still comes of it is disposed. */
async function within(budgetMs: number, measuring: Promise<Machine | Refusal>): Promise<Machine | Refusal> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let isLate = false;
  const late = new Promise<Refusal>((resolve) => {
    timer = setTimeout(() => {
      isLate = true;
      resolve({ refused: 'A GPU too slow to be measured' });
    }, budgetMs);
  });
  void measuring.then((measured) => {
    if (isLate && !('refused' in measured)) measured.dispose();
  });
  const measured = await Promise.race([measuring, late]);
  clearTimeout(timer);
  return measured;
}
