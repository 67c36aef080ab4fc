import type { Clock } from '../../shared/clock.ts';
import type { ReportListener } from '../../shared/tasks/definition.ts';
import type { BackendName } from './backend.ts';
import type { Speaker } from './dialogue/speaker.ts';
import type { MeasuredSpeeds } from './measured-speeds.ts';
import type { LanguageSource, ModelSource, OnnxSource } from './models/model-source.ts';

/** Time, ms, for measuring backends and frame paths at start-up: of the 3 s that a start may take, what the test of the codecs leaves. */
export const MEASURING_BUDGET_MS = 2_600;

/** What a volunteer offers. */
export interface EngineCapabilities {
  /** Name of the GPU, or why there is none, for people. */
  adapter: string;
  /** By kind of task; units of the type's `cost` per ms. */
  backends: Record<string, { backend: string; unitsPerMs: number }>;
  /** How frames get into the backend and out of it. */
  frameIn: string;
  frameOut: string;
}

export interface ExecutedTask {
  value: unknown;
  attachments: Uint8Array[];
  backend: string;
  /** From the start of the task's time slot to its result, without the wait before it. */
  computeMs: number;
}

export interface ExecuteOptions {
  /** Whose task it is: each owner gets a fair share of the machine. */
  owner: string;
  signal: AbortSignal;
  /** Called for tasks that take long. */
  onProgress?: ReportListener;
}

export interface EngineOptions {
  gpu: GPU | undefined;
  now(): number;
  /** Called when the capabilities changed: a network was measured, or a lost device was replaced. */
  onCapabilities?(capabilities: EngineCapabilities): void;
  /** Undefined: only the filters run. */
  models?: ModelSource;
  /** Undefined: `infer` knows no model. */
  onnx?: OnnxSource;
  /** Undefined: in `dialogue` only rules speak, and the browser's own model. */
  language?: LanguageSource | undefined;
  /** The browser's own language model; null where there is none, or the machine's owner does not lend it. */
  browserSpeaker?: (() => Speaker | null) | undefined;
  /**
   * Uses a backend even where another is faster: `wgsl` for everything; `js`, or `ort-wasm` for networks beside it, for the processor;
   * `ort-webgpu` for networks, with the processor for filters.
   */
  preferBackend?: BackendName;
  /**
   * Speeds that `Engine.measuredSpeeds` gave before. Where they are of the same adapter, browser and `preferBackend`, the engine
   * checks that answers are right and times nothing; otherwise it ignores them.
   */
  measuredSpeeds?: MeasuredSpeeds;
  /** Called with what `Engine.measuredSpeeds` gives at the start, and again whenever more was measured. */
  onMeasured?(speeds: MeasuredSpeeds): void;
  /** Set to have the given `measuredSpeeds` timed again, for the next start, once the machine is idle; busy: it must not compute now. */
  refresh?: { clock: Clock; isMachineBusy(): boolean };
}

/** Sharpens the frames of one stream. */
export interface FrameUpscaler {
  readonly backend: string;
  /** Resolves when what its quality needs was loaded and measured. Throws MeshError when that is impossible. */
  ready(): Promise<void>;
  /** Resolves to a new frame with the same timestamp. The caller closes both. May be called again before the last call resolved. */
  process(frame: VideoFrame): Promise<VideoFrame>;
  dispose(): void;
}
