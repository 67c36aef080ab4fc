import { MeshError } from '../../shared/errors.ts';
import { logger } from '../../shared/log.ts';
import type { Backend } from './backend.ts';
import type { EngineOptions } from './engine-types.ts';
import { type Checkpoint, filtersAreCorrect, measureFilterSpeed } from './filter-benchmark.ts';
import { JsBackend } from './js-backend.ts';
import { type GpuSpeeds, type MeasuredSpeeds, speedsKey } from './measured-speeds.ts';
import { type MeasuredExecutor, selectGpuExecutors } from './task-benchmarks.ts';
import { openWasm } from './wasm/open-wasm.ts';
import type { WasmBackend } from './wasm/wasm-backend.ts';
import { selectFramePaths } from './wgsl/frame-paths.ts';
import type { OpenedDevice } from './wgsl/gpu-device.ts';
import { WgslBackend } from './wgsl/wgsl-backend.ts';

const log = logger('compute.backends');

/** Time, ms, for timing the filters of one backend: half of the 1.2 s after which a backend counts as too slow. */
const FILTER_TIMING_MS = 600;

/** Longest part, in characters, of a driver's error that is passed on: some are pages long. */
const MAX_CAUSE_LENGTH = 80;

const PROCESSOR = "this computer's processor";

export interface SelectionOptions extends Omit<EngineOptions, 'onCapabilities' | 'onMeasured' | 'refresh'> {
  /** Set to time everything again, in the background, except a software GPU that lost to the processor. */
  checkpoint?: Checkpoint;
  /** Half a sentence on why the GPU must not be used, for people. */
  gpuProblem?: string;
}

/** The filters on the processor, and what was measured so far. */
export interface MeasuredProcessor {
  filters: Backend;
  /** Null where WebAssembly does not run, or was not asked for. */
  wasm: WasmBackend | null;
  /** What computes, for people. */
  name: string;
  measured: Omit<MeasuredSpeeds, 'networks'>;
  /** Speeds measured earlier on the same adapter. */
  remembered: MeasuredSpeeds | undefined;
  /** Those of them that need not be measured again. */
  known: MeasuredSpeeds | undefined;
}

export interface MeasuredGpu {
  opened: OpenedDevice;
  wgsl: WgslBackend;
  /** Null where the kernels do not run or compute wrong, and `problem` says why. */
  speeds: GpuSpeeds | null;
  problem: string;
  executors: ReadonlyMap<string, MeasuredExecutor>;
  dispose(): void;
}

/**
 * Opens the filters on the processor and times them, unless that is known.
 *
 * @param adapter - name of the GPU; empty where none is used.
 */
export async function measureProcessor(options: SelectionOptions, adapter: string): Promise<MeasuredProcessor> {
  const { now, preferBackend, measuredSpeeds, checkpoint } = options;
  const key = speedsKey(adapter, preferBackend);
  const remembered = measuredSpeeds?.key === key ? measuredSpeeds : undefined;
  const known = checkpoint ? undefined : remembered;
  const opened = preferBackend === 'js' ? null : await openWasm(options);
  const wasm = opened?.backend ?? null;
  const filters = wasm ?? new JsBackend(now);
  const name = opened?.problem ? `${PROCESSOR} in plain JavaScript, since ${opened.problem}` : PROCESSOR;
  try {
    const cpuUnitsPerMs =
      known?.cpuUnitsPerMs ?? (await measureFilterSpeed(filters, now, FILTER_TIMING_MS, checkpoint));
    return { filters, wasm, name, remembered, known, measured: { key, cpuUnitsPerMs, gpu: remembered?.gpu ?? null } };
  } catch (cause) {
    filters.dispose();
    throw cause;
  }
}

/** Checks the kernels and times what is not known. Never throws. */
export async function measureGpu(
  opened: OpenedDevice,
  { models, now, preferBackend, checkpoint }: SelectionOptions,
  { known }: MeasuredProcessor,
): Promise<MeasuredGpu> {
  const wgsl = new WgslBackend(opened.device, models, now);
  const dispose = () => wgsl.dispose();
  const failed = { opened, wgsl, speeds: null, problem: 'computes wrong', executors: new Map(), dispose };
  const gpu = known?.gpu;
  try {
    if (!(await filtersAreCorrect(wgsl))) return failed;
    const filterUnitsPerMs =
      gpu?.filterUnitsPerMs ?? (await measureFilterSpeed(wgsl, now, FILTER_TIMING_MS, checkpoint));
    await checkpoint?.();
    const framePaths = await selectFramePaths(wgsl, opened.isSoftware, now, gpu?.framePaths);
    wgsl.framePaths = framePaths;
    await checkpoint?.();
    const executors = await selectGpuExecutors(opened, { preferBackend, known: gpu?.executors, now, checkpoint });
    const executorSpeeds = Object.fromEntries([...executors].map(([type, { speed }]) => [type, speed]));
    return { ...failed, speeds: { filterUnitsPerMs, framePaths, executors: executorSpeeds }, executors };
  } catch (cause) {
    const error = MeshError.from(cause);
    log.warn('kernels failed', { reason: error.reason });
    const why = error.message.slice(0, MAX_CAUSE_LENGTH);
    return { ...failed, problem: `does not run the kernels (${why})` };
  }
}

/**
 * A software GPU is the same processor with more overhead, and compiling our kernels for it keeps that busy for seconds, so it is not even tried
 * where our own kernels run on the processor: `spatial` at 640x360 took SwiftShader 12 s of computing and them 0.025 s. Elsewhere one that lost to
 * the processor before, or was too slow to be measured, is not tried again. A real GPU that failed is tried at each start, since its driver may
 * only have been busy.
 */
export function isKnownToLose(
  { isSoftware }: OpenedDevice,
  { preferBackend }: SelectionOptions,
  { wasm, measured, remembered }: MeasuredProcessor,
): boolean {
  if (!isSoftware || preferBackend) return false;
  if (wasm) return true;
  return remembered !== undefined && (remembered.gpu?.filterUnitsPerMs ?? 0) <= measured.cpuUnitsPerMs;
}
