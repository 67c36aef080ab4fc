import { systemClock } from '../../shared/clock.ts';
import { logger } from '../../shared/log.ts';
import { NETWORKS } from '../../shared/tasks/upscale.ts';
import type { Backend, BackendName } from './backend.ts';
import { BackendSet } from './backend-set.ts';
import { Dialogue } from './dialogue/dialogue.ts';
import { MEASURING_BUDGET_MS } from './engine-types.ts';
import { type Checkpoint, EXCLUSIVE_SLOT } from './filter-benchmark.ts';
import { Inference } from './infer/inference.ts';
import { LoadedModelCache } from './infer/loaded-model-cache.ts';
import {
  isKnownToLose,
  type MeasuredGpu,
  type MeasuredProcessor,
  measureGpu,
  measureProcessor,
  type SelectionOptions,
} from './measured-machine.ts';
import type { MeasuredSpeeds } from './measured-speeds.ts';
import { ownModelBytes } from './models/model-size.ts';
import type { ModelSource } from './models/model-source.ts';
import { NetworkBackends, type RunInSlot } from './network-backends.ts';
import { type OpenOnnx, openOnGpu } from './ort/onnx-sessions.ts';
import { OrtWasmBackend } from './ort/ort-wasm-backend.ts';
import { OrtWebGpuBackend } from './ort/ort-webgpu-backend.ts';
import { openInWorker } from './ort/worker-session.ts';
import { SpotChecks } from './spot-checks.ts';
import { openDevice } from './wgsl/gpu-device.ts';

const log = logger('compute.backends');

/** Ways to compute that leave the GPU alone. */
const ON_PROCESSOR: readonly BackendName[] = ['wasm', 'js', 'ort-wasm'];
const PROCESSOR_PATHS = () => ({ frameIn: 'copyTo', frameOut: 'pixels' });

/** Stands for what was not ready in time. */
const LATE = Symbol('late');

/**
 * Measures this machine and selects the fastest backends that compute right. Takes at most {@link MEASURING_BUDGET_MS}, unless a GPU
 * backend was asked for by name. What `measuredSpeeds` holds for the same adapter is checked and not timed again: a start may leave the
 * timing to the background, where a wrong figure costs a frame, but not the checks, since a driver may have been updated meanwhile and a
 * GPU that computes wrong must never serve. Networks are measured when they are first needed.
 */
export async function selectBackends(options: SelectionOptions): Promise<BackendSet> {
  const startMs = options.now();
  const backends = await select(options, startMs);
  const { upscale, physics, raytracing, pathfinding } = backends.speeds;
  log.info('chosen', {
    upscale: upscale?.backend,
    physics: physics?.backend,
    raytracing: raytracing?.backend,
    pathfinding: pathfinding?.backend,
    upscaleUnitsPerMs: upscale?.unitsPerMs,
    frameIn: backends.frameIn,
    frameOut: backends.frameOut,
    tookMs: options.now() - startMs,
  });
  return backends;
}

interface Checkpoints {
  /** May wait: nothing is timed at that moment. */
  betweenRuns: Checkpoint;
  withinRun: Checkpoint;
}

/**
 * Times again what was remembered, on backends of its own. Rejects with what the checkpoints throw. A network that cannot be timed keeps its
 * remembered cost.
 */
export async function remeasure(
  options: SelectionOptions,
  measuredSpeeds: MeasuredSpeeds,
  { betweenRuns, withinRun }: Checkpoints,
): Promise<MeasuredSpeeds> {
  const backends = await select({ ...options, measuredSpeeds, checkpoint: betweenRuns }, options.now());
  const run: RunInSlot = async (body) => {
    await betweenRuns();
    return (await body({ ...EXCLUSIVE_SLOT, yieldNow: withinRun })).finish();
  };
  try {
    for (const network of NETWORKS) {
      await betweenRuns();
      if (!measuredSpeeds.networks[network]) continue;
      await backends.prepare(network, run).catch(() => {
        // What was remembered of it is checked whenever it is used.
      });
    }
    await betweenRuns();
    const { networks, ...others } = backends.measuredSpeeds;
    return { ...others, networks: { ...measuredSpeeds.networks, ...networks } };
  } finally {
    backends.dispose();
  }
}

async function select(options: SelectionOptions, startMs: number): Promise<BackendSet> {
  const { gpu, now, preferBackend, gpuProblem, checkpoint } = options;
  // Whoever asks for the GPU by name waits for it, and nobody waits for what is measured in the background.
  const leftMs = () =>
    preferBackend || checkpoint ? Number.POSITIVE_INFINITY : MEASURING_BUDGET_MS - (now() - startMs);
  const withoutGpu = async (adapterOf: (name: string) => string) => {
    const processor = await measureProcessor(options, '');
    return processorBackends(options, processor, adapterOf(processor.name));
  };
  if (preferBackend && ON_PROCESSOR.includes(preferBackend)) return withoutGpu((name) => name);
  if (gpuProblem) return withoutGpu((name) => `${gpuProblem}: ${name}`);
  if (!gpu) return withoutGpu((name) => `No WebGPU: ${name}`);
  const opening = openDevice(gpu).catch(() => null);
  const opened = await unlessLate(leftMs(), opening, (late) => late?.device.destroy());
  if (opened === null) return withoutGpu((name) => `No GPU for WebGPU: ${name}`);
  const tooSlow = (name: string) => `A GPU too slow to be measured: ${name}`;
  if (opened === LATE) return withoutGpu(tooSlow);
  const processor = await measureProcessor(options, opened.name).catch((cause: unknown) => {
    opened.device.destroy();
    throw cause;
  });
  if (isKnownToLose(opened, options, processor)) {
    opened.device.destroy();
    return processorBackends(options, processor, `${opened.name} is slower than ${processor.name}`);
  }
  const measured = await unlessLate(leftMs(), measureGpu(opened, options, processor), (late) => late.dispose());
  if (measured === LATE) {
    // Ends the measurement too, which would keep the machine busy while it already serves.
    opened.device.destroy();
    return processorBackends(options, processor, tooSlow(processor.name));
  }
  processor.measured.gpu = measured.speeds;
  return choose(options, processor, measured);
}

function choose(options: SelectionOptions, processor: MeasuredProcessor, gpu: MeasuredGpu): BackendSet {
  const { preferBackend } = options;
  const { speeds, opened } = gpu;
  const { cpuUnitsPerMs } = processor.measured;
  const isFaster = speeds !== null && speeds.filterUnitsPerMs > cpuUnitsPerMs;
  if (speeds && (preferBackend === 'wgsl' || (isFaster && preferBackend !== 'ort-webgpu'))) {
    const unitsPerMs = speeds.filterUnitsPerMs;
    return gpuBackends(options, processor, gpu, { filters: gpu.wgsl, unitsPerMs, adapter: opened.name });
  }
  const { name } = processor;
  const adapter = speeds ? `${opened.name} is slower than ${name}` : `${opened.name} ${gpu.problem}: ${name}`;
  if (preferBackend === 'ort-webgpu' || !opened.isSoftware) {
    return gpuBackends(options, processor, gpu, { filters: processor.filters, unitsPerMs: cpuUnitsPerMs, adapter });
  }
  // A software GPU is the same processor with more overhead.
  gpu.dispose();
  return processorBackends(options, processor, adapter);
}

function processorBackends(options: SelectionOptions, processor: MeasuredProcessor, adapter: string): BackendSet {
  const { models, now, preferBackend } = options;
  const { filters, wasm, known, measured } = processor;
  const library = ortWasm(models, now);
  // Ours are the fastest: onnxruntime-web is not even fetched for them.
  const tiers = wasm && preferBackend !== 'ort-wasm' ? [[wasm], library] : [library];
  const { inference, dialogue, disposables } = modelRunners(options, [openInWorker]);
  return new BackendSet({
    adapter,
    framePaths: PROCESSOR_PATHS,
    filters,
    processor: filters,
    hasHardwareGpu: false,
    spotChecks: null,
    unitsPerMs: measured.cpuUnitsPerMs,
    ...{ inference, dialogue, measured },
    networks: new NetworkBackends({ models, tiers, knownCosts: known?.networks, now }),
    executors: new Map(),
    now,
    preparesNetworks: false,
    lost: new Promise(() => {
      // A processor is never lost.
    }),
    owned: [...disposables, ...library, filters],
  });
}

function gpuBackends(
  options: SelectionOptions,
  { filters, wasm, known, measured }: MeasuredProcessor,
  gpu: MeasuredGpu,
  chosen: { filters: Backend; unitsPerMs: number; adapter: string },
): BackendSet {
  const { models, now, preferBackend } = options;
  const { opened, wgsl, speeds, executors } = gpu;
  const { device, isSoftware } = opened;
  const ours = speeds ? [wgsl] : [];
  const onDevice = models ? [new OrtWebGpuBackend({ device, models, now })] : [];
  const library = ortWasm(models, now);
  const onProcessor = wasm ? [wasm] : [];
  // On a GPU that computes right our kernels are the fastest: onnxruntime-web is not even fetched.
  const tiers = isSoftware ? [[...ours, ...onProcessor], library] : [ours, [...onDevice, ...onProcessor], library];
  const isOrtPreferred = preferBackend === 'ort-webgpu';
  const preferred = isOrtPreferred ? [onDevice] : [ours];
  const gpuRuntimes = isSoftware && !isOrtPreferred ? [] : [openOnGpu(device)];
  const { inference, dialogue, disposables } = modelRunners(options, [openInWorker, ...gpuRuntimes]);
  const disableFastPaths = () => wgsl.disableFastPaths();
  const spotChecks = new SpotChecks({ reference: filters, now, random: Math.random, disableFastPaths });
  const wrong = spotChecks.failed.then(() => ({ problem: `${opened.name} gave wrong pictures` }));
  return new BackendSet({
    ...chosen,
    ...{ inference, dialogue, measured },
    processor: filters,
    hasHardwareGpu: !isSoftware,
    spotChecks,
    framePaths: chosen.filters === wgsl ? () => wgsl.framePaths : PROCESSOR_PATHS,
    networks: new NetworkBackends({
      models,
      tiers: preferBackend ? preferred : tiers,
      knownCosts: known?.networks,
      now,
    }),
    now,
    executors: new Map([...executors].map(([type, { executor }]) => [type, executor])),
    preparesNetworks: models !== undefined && !isSoftware && ours.length > 0,
    lost: Promise.race([device.lost.then(() => ({ problem: null })), wrong]),
    owned: [...disposables, ...onDevice, ...library, filters, gpu],
  });
}

/** What runs models that tasks name, on these runtimes. All of them together have as many bytes as the largest one may have. */
function modelRunners({ onnx, language, browserSpeaker, now }: SelectionOptions, runtimes: readonly OpenOnnx[]) {
  const models = new LoadedModelCache({ onnx, runtimes, maxBytes: ownModelBytes() });
  const options = { models, now, after: systemClock.after };
  const inference = new Inference(options);
  const dialogue = new Dialogue({ ...options, language, browser: browserSpeaker });
  return { inference, dialogue, disposables: [dialogue, models] };
}

function ortWasm(models: ModelSource | undefined, now: () => number): OrtWasmBackend[] {
  return models ? [new OrtWasmBackend(models, now)] : [];
}

/** {@link LATE} when it takes longer than `budgetMs`. What comes after that is passed to `discard`. */
async function unlessLate<T>(
  budgetMs: number,
  pending: Promise<T>,
  discard: (value: T) => void,
): Promise<T | typeof LATE> {
  if (budgetMs === Number.POSITIVE_INFINITY) return pending;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<typeof LATE>((resolve) => {
    timer = setTimeout(() => {
      void pending.then(discard);
      resolve(LATE);
    }, budgetMs);
  });
  return Promise.race([pending, late]).finally(() => clearTimeout(timer));
}
