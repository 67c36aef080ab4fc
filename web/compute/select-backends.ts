import { MeshError } from '../../shared/errors.ts';
import type { Backend, TaskExecutor } from './backend.ts';
import { type Machine, MeasuredMachine } from './backend-set.ts';
import type { EngineOptions } from './engine-types.ts';
import { givesRightAnswers, measureSpeed } from './filter-benchmark.ts';
import { Inference } from './infer/inference.ts';
import { JsBackend } from './js-backend.ts';
import type { ModelSource } from './models/model-source.ts';
import { NetworkChoice } from './network-selection.ts';
import { openOnCpu, openOnGpu } from './ort/onnx-sessions.ts';
import { OrtWasmBackend } from './ort/ort-wasm-backend.ts';
import { OrtWebGpuBackend } from './ort/ort-webgpu-backend.ts';
import { executorsOn } from './task-benchmarks.ts';
import { COMPUTE } from './tuning.ts';
import { findFrameWays } from './wgsl/frame-paths.ts';
import { type OpenedDevice, openDevice } from './wgsl/gpu-device.ts';
import { WgslBackend } from './wgsl/wgsl-backend.ts';

/** A driver's complaint may be pages long; a line of it is passed on. */
const MAX_CAUSE = 80;

const SAFE = { frameIn: 'copyTo', frameOut: 'pixels' };

type Options = Pick<EngineOptions, 'gpu' | 'now' | 'preferBackend' | 'models' | 'onnx'>;

/** The filters on the processor. */
interface Processor {
  name: string;
  js: JsBackend;
  unitsPerMs: number;
}

/** A GPU that was tried. `filters` is null where its kernels do not run or answer wrong, and `trouble` says why. */
interface Graphics {
  opened: OpenedDevice;
  wgsl: WgslBackend;
  filters: { unitsPerMs: number } | null;
  trouble: string;
  executors: ReadonlyMap<string, TaskExecutor>;
  dispose(): void;
}

/** Why there is no GPU, for a person. */
interface Refusal {
  refused: string;
}

/**
 * Measures what this machine can do and takes the fastest way that gives right answers; within {@link COMPUTE.probeBudgetMs} unless
 * the GPU was asked for by name. Networks are measured later.
 */
export async function setUpMachine(options: Options): Promise<Machine> {
  const { gpu, now, preferBackend } = options;
  const startMs = now();
  const processor = await measureProcessor(now);
  if (preferBackend === 'js' || preferBackend === 'ort-wasm') return onProcessor(options, processor, processor.name);
  if (!gpu) return onProcessor(options, processor, `No WebGPU: ${processor.name}`);
  const measuring = measureGpu(gpu, options);
  // Whoever insists on the GPU waits for it.
  const insists = preferBackend !== undefined;
  const graphics = await (insists ? measuring : within(COMPUTE.probeBudgetMs - (now() - startMs), measuring));
  if ('refused' in graphics) return onProcessor(options, processor, `${graphics.refused}: ${processor.name}`);
  const isFaster = graphics.filters !== null && graphics.filters.unitsPerMs > processor.unitsPerMs;
  const { filters, opened, trouble } = graphics;
  if (filters && (preferBackend === 'wgsl' || (isFaster && preferBackend !== 'ort-webgpu'))) {
    return onGpu(options, processor, graphics, { filters: graphics.wgsl, ...filters, adapter: opened.name });
  }
  const why = filters
    ? `${opened.name} is slower than ${processor.name}`
    : `${opened.name} ${trouble}: ${processor.name}`;
  if (preferBackend === 'ort-webgpu' || !opened.isSoftware) {
    return onGpu(options, processor, graphics, {
      filters: processor.js,
      unitsPerMs: processor.unitsPerMs,
      adapter: why,
    });
  }
  // A software adapter: the same processor, with more to carry.
  graphics.dispose();
  return onProcessor(options, processor, why);
}

async function measureProcessor(now: () => number): Promise<Processor> {
  const js = new JsBackend(now);
  const unitsPerMs = await measureSpeed(js, now, COMPUTE.probeBackendMs / 2);
  return { name: "this computer's processor", js, unitsPerMs };
}

function onProcessor({ models, onnx, now }: Options, { js, unitsPerMs }: Processor, adapter: string): Machine {
  const rows = ortWasm(models, now);
  const inference = new Inference({ onnx, ways: [openOnCpu], now });
  return new MeasuredMachine({
    ...{ adapter, ...SAFE, filters: js, unitsPerMs },
    networks: new NetworkChoice({ models, rows: [rows], now }),
    executors: new Map(),
    inference,
    preparesNetworks: false,
    lost: new Promise(() => {
      // A processor does not go away.
    }),
    owned: [inference, ...rows, js],
  });
}

function onGpu(
  { models, onnx, now, preferBackend }: Options,
  { js }: Processor,
  graphics: Graphics,
  chosen: { filters: Backend; unitsPerMs: number; adapter: string },
): Machine {
  const { opened, wgsl, filters } = graphics;
  const { device, isSoftware } = opened;
  const ours = filters ? [wgsl] : [];
  const onDevice = models ? [new OrtWebGpuBackend({ device, models, now })] : [];
  const library = [...(isSoftware ? [] : onDevice), ...ortWasm(models, now)];
  // Our kernels on a GPU that answers right leave nothing to be won: the library is not even fetched.
  const measured = isSoftware ? [[...ours, ...library]] : [ours, library];
  const insistsOnOrt = preferBackend === 'ort-webgpu';
  const insisted = insistsOnOrt ? [onDevice] : [ours];
  const gpuWays = isSoftware && !insistsOnOrt ? [] : [openOnGpu(device)];
  const inference = new Inference({ onnx, ways: [openOnCpu, ...gpuWays], now });
  return new MeasuredMachine({
    ...chosen,
    ...(chosen.filters === wgsl ? wgsl.ways : SAFE),
    networks: new NetworkChoice({ models, rows: preferBackend ? insisted : measured, now }),
    executors: graphics.executors,
    inference,
    preparesNetworks: models !== undefined && !isSoftware && ours.length > 0,
    lost: device.lost.then(() => {}),
    owned: [inference, ...onDevice, ...library, js, graphics],
  });
}

function ortWasm(models: ModelSource | undefined, now: () => number): OrtWasmBackend[] {
  return models ? [new OrtWasmBackend(models, now)] : [];
}

async function measureGpu(gpu: GPU, { now, models, preferBackend }: Options): Promise<Graphics | Refusal> {
  const opened = await openDevice(gpu).catch(() => null);
  if (!opened) return { refused: 'No GPU for WebGPU' };
  const wgsl = new WgslBackend(opened.device, models);
  const dispose = () => wgsl.dispose();
  const graphics = { opened, wgsl, filters: null, trouble: 'computes wrong', executors: new Map(), dispose };
  try {
    if (!(await givesRightAnswers(wgsl))) return graphics;
    const unitsPerMs = await measureSpeed(wgsl, now, COMPUTE.probeBackendMs / 2);
    wgsl.ways = await findFrameWays(wgsl, opened.isSoftware, now);
    return { ...graphics, filters: { unitsPerMs }, executors: await executorsOn(opened, preferBackend, now) };
  } catch (cause) {
    const why = MeshError.from(cause).message.slice(0, MAX_CAUSE);
    return { ...graphics, trouble: `does not run the kernels (${why})` };
  }
}

/** Refused when it takes too long; what still comes of it is disposed. */
async function within(budgetMs: number, measuring: Promise<Graphics | Refusal>): Promise<Graphics | Refusal> {
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
