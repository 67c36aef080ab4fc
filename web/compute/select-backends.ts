import { MeshError } from '../../shared/errors.ts';
import type { Backend, TaskExecutor } from './backend.ts';
import { BackendSet } from './backend-set.ts';
import type { EngineOptions } from './engine-types.ts';
import { filtersAreCorrect, measureFilterSpeed } from './filter-benchmark.ts';
import { Inference } from './infer/inference.ts';
import { JsBackend } from './js-backend.ts';
import type { ModelSource } from './models/model-source.ts';
import { NetworkSelection } from './network-selection.ts';
import { openOnCpu, openOnGpu } from './ort/onnx-sessions.ts';
import { OrtWasmBackend } from './ort/ort-wasm-backend.ts';
import { OrtWebGpuBackend } from './ort/ort-webgpu-backend.ts';
import { selectGpuExecutors } from './task-benchmarks.ts';
import { COMPUTE } from './tuning.ts';
import { selectFramePaths } from './wgsl/frame-paths.ts';
import { type OpenedDevice, openDevice } from './wgsl/gpu-device.ts';
import { WgslBackend } from './wgsl/wgsl-backend.ts';

/** A driver's complaint may be pages long; a line of it is passed on. */
const MAX_CAUSE = 80;

const SAFE = { frameIn: 'copyTo', frameOut: 'pixels' };

type Options = Pick<EngineOptions, 'gpu' | 'now' | 'preferBackend' | 'models' | 'onnx'>;

/** The filters on the processor. */
interface ProcessorFilters {
  name: string;
  js: JsBackend;
  unitsPerMs: number;
}

/** A GPU that was tried. `filters` is null where its kernels do not run or answer wrong, and `trouble` says why. */
interface MeasuredGpu {
  opened: OpenedDevice;
  wgsl: WgslBackend;
  filters: { unitsPerMs: number } | null;
  problem: string;
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
export async function selectBackends(options: Options): Promise<BackendSet> {
  const { gpu, now, preferBackend } = options;
  const startMs = now();
  const processor = await measureProcessor(now);
  if (preferBackend === 'js' || preferBackend === 'ort-wasm')
    return processorBackends(options, processor, processor.name);
  if (!gpu) return processorBackends(options, processor, `No WebGPU: ${processor.name}`);
  const measuring = measureGpu(gpu, options);
  // Whoever insists on the GPU waits for it.
  const insists = preferBackend !== undefined;
  const measured = await (insists ? measuring : within(COMPUTE.probeBudgetMs - (now() - startMs), measuring));
  if ('refused' in measured) return processorBackends(options, processor, `${measured.refused}: ${processor.name}`);
  const isFaster = measured.filters !== null && measured.filters.unitsPerMs > processor.unitsPerMs;
  const { filters, opened, problem } = measured;
  if (filters && (preferBackend === 'wgsl' || (isFaster && preferBackend !== 'ort-webgpu'))) {
    return gpuBackends(options, processor, measured, { filters: measured.wgsl, ...filters, adapter: opened.name });
  }
  const why = filters
    ? `${opened.name} is slower than ${processor.name}`
    : `${opened.name} ${problem}: ${processor.name}`;
  if (preferBackend === 'ort-webgpu' || !opened.isSoftware) {
    return gpuBackends(options, processor, measured, {
      filters: processor.js,
      unitsPerMs: processor.unitsPerMs,
      adapter: why,
    });
  }
  // A software adapter: the same processor, with more to carry.
  measured.dispose();
  return processorBackends(options, processor, why);
}

async function measureProcessor(now: () => number): Promise<ProcessorFilters> {
  const js = new JsBackend(now);
  const unitsPerMs = await measureFilterSpeed(js, now, COMPUTE.probeBackendMs / 2);
  return { name: "this computer's processor", js, unitsPerMs };
}

function processorBackends(
  { models, onnx, now }: Options,
  { js, unitsPerMs }: ProcessorFilters,
  adapter: string,
): BackendSet {
  const tiers = ortWasm(models, now);
  const inference = new Inference({ onnx, runtimes: [openOnCpu], now });
  return new BackendSet({
    ...{ adapter, ...SAFE, filters: js, unitsPerMs },
    networks: new NetworkSelection({ models, tiers: [tiers], now }),
    executors: new Map(),
    inference,
    preparesNetworks: false,
    lost: new Promise(() => {
      // A processor does not go away.
    }),
    owned: [inference, ...tiers, js],
  });
}

function gpuBackends(
  { models, onnx, now, preferBackend }: Options,
  { js }: ProcessorFilters,
  measured: MeasuredGpu,
  chosen: { filters: Backend; unitsPerMs: number; adapter: string },
): BackendSet {
  const { opened, wgsl, filters } = measured;
  const { device, isSoftware } = opened;
  const ours = filters ? [wgsl] : [];
  const onDevice = models ? [new OrtWebGpuBackend({ device, models, now })] : [];
  const library = [...(isSoftware ? [] : onDevice), ...ortWasm(models, now)];
  // Our kernels on a GPU that answers right leave nothing to be won: the library is not even fetched.
  const networkTiers = isSoftware ? [[...ours, ...library]] : [ours, library];
  const insistsOnOrt = preferBackend === 'ort-webgpu';
  const insisted = insistsOnOrt ? [onDevice] : [ours];
  const gpuRuntimes = isSoftware && !insistsOnOrt ? [] : [openOnGpu(device)];
  const inference = new Inference({ onnx, runtimes: [openOnCpu, ...gpuRuntimes], now });
  return new BackendSet({
    ...chosen,
    ...(chosen.filters === wgsl ? wgsl.framePaths : SAFE),
    networks: new NetworkSelection({ models, tiers: preferBackend ? insisted : networkTiers, now }),
    executors: measured.executors,
    inference,
    preparesNetworks: models !== undefined && !isSoftware && ours.length > 0,
    lost: device.lost.then(() => {}),
    owned: [inference, ...onDevice, ...library, js, measured],
  });
}

function ortWasm(models: ModelSource | undefined, now: () => number): OrtWasmBackend[] {
  return models ? [new OrtWasmBackend(models, now)] : [];
}

async function measureGpu(gpu: GPU, { now, models, preferBackend }: Options): Promise<MeasuredGpu | Refusal> {
  const opened = await openDevice(gpu).catch(() => null);
  if (!opened) return { refused: 'No GPU for WebGPU' };
  const wgsl = new WgslBackend(opened.device, models);
  const dispose = () => wgsl.dispose();
  const measured = { opened, wgsl, filters: null, problem: 'computes wrong', executors: new Map(), dispose };
  try {
    if (!(await filtersAreCorrect(wgsl))) return measured;
    const unitsPerMs = await measureFilterSpeed(wgsl, now, COMPUTE.probeBackendMs / 2);
    wgsl.framePaths = await selectFramePaths(wgsl, opened.isSoftware, now);
    return { ...measured, filters: { unitsPerMs }, executors: await selectGpuExecutors(opened, preferBackend, now) };
  } catch (cause) {
    const why = MeshError.from(cause).message.slice(0, MAX_CAUSE);
    return { ...measured, problem: `does not run the kernels (${why})` };
  }
}

/** Refused when it takes too long; what still comes of it is disposed. */
async function within(budgetMs: number, measuring: Promise<MeasuredGpu | Refusal>): Promise<MeasuredGpu | Refusal> {
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
