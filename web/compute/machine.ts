import type { PackedTask } from '../../shared/tasks/definition.ts';
import type { Quality } from '../../shared/tasks/upscale.ts';
import type { Backend, FrameTarget, UpscaleShape } from './backend.ts';
import type { Inference } from './infer/inference.ts';
import type { RunInTurn } from './network-probe.ts';
import type { TaskExecutor } from './task-executor.ts';

/** What a machine was found to be able to do. Made anew when its device was lost. */
export interface Machine {
  adapter: string;
  frameIn: string;
  frameOut: string;
  /** Of what was measured, by kind of task: filters, the networks so far, and what {@link executorOf} gives. */
  readonly speeds: Record<string, { backend: string; unitsPerMs: number }>;
  /** Its networks are measured before anybody asks: that costs a GPU next to nothing. */
  preparesNetworks: boolean;
  /**
   * Has what runs a quality measured, once; resolves to whether something new is known. Throws MeshError `unknown-model` when nothing
   * here runs it, `connection-failed` when it could not be loaded.
   */
  prepare(quality: Quality, run: RunInTurn): Promise<boolean>;
  /** The fastest that gives right answers, once it was prepared. Throws MeshError `unknown-model`. */
  backendFor(shape: UpscaleShape): Backend;
  /** What runs a task of this type faster than the reference on the processor, and as right; undefined where that is the best. */
  executorOf(type: string, task: PackedTask): TaskExecutor | undefined;
  /** What is likely to sharpen a stream, by name; empty while that is not known. */
  likelyBackend(target: FrameTarget): string;
  /** Runs ONNX models, with what measured faster for each. */
  readonly inference: Inference;
  /** Resolves when its device has gone, for whatever reason. */
  lost: Promise<void>;
  dispose(): void;
}
