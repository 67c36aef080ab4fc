import { MeshError } from '../../shared/errors.ts';
import type { PackedResult, PackedTask } from '../../shared/tasks/definition.ts';
import {
  type Filter,
  type InputKind,
  isNetwork,
  type Network,
  type Quality,
  type UpscaleParams,
} from '../../shared/tasks/upscale.ts';
import type { Started, TimeSlot } from './schedule.ts';

export interface FrameTarget {
  outWidth: number;
  outHeight: number;
  quality: Quality;
}

export interface UpscaleShape extends FrameTarget {
  width: number;
  height: number;
}

/** With the kind of its pixels, which the networks have weights for. */
export interface PictureShape extends UpscaleShape {
  input: InputKind;
}

/** Every way to compute: our kernels on WebGPU, the reference on the processor, and onnxruntime-web on either, for networks only. */
export type BackendName = 'wgsl' | 'js' | 'ort-wasm' | 'ort-webgpu';

/** One way this machine computes. `start` is called in a turn of the schedule, `finish` after it. */
export interface Backend {
  readonly name: BackendName;
  /** Straight-alpha sRGB RGBA8 in and out. Throws MeshError. */
  startPixels(pixels: Uint8Array, shape: UpscaleParams, slot: TimeSlot): Promise<Started<Uint8Array<ArrayBuffer>>>;
  /** Loads what a quality takes, so that its first turn waits for nothing. Throws MeshError. */
  prepare?(quality: Quality): Promise<void>;
  openFrames(target: FrameTarget): BackendFrames;
  dispose(): void;
}

/** What one stream keeps on a backend. */
export interface BackendFrames {
  /** The frame stays the caller's and may be closed when this resolved. Throws MeshError. */
  start(frame: VideoFrame): Promise<Started<VideoFrame>>;
  /** What is under way may still finish. */
  dispose(): void;
}

/** Runs tasks of one type otherwise than the reference, and was measured at it. */
export interface TaskExecutor {
  readonly backend: BackendName;
  /** Units of the type's cost(). */
  readonly unitsPerMs: number;
  /** Is it worth it for this one? Small tasks are over on the processor before a GPU has answered. */
  suits(task: PackedTask): boolean;
  /**
   * A task its own definition checked. Null: it is one for the reference after all. Throws MeshError `device-lost`, `too-large`,
   * `cancelled`, `volunteer-failed`.
   */
  run(task: PackedTask, slot: TimeSlot): Promise<PackedResult | null>;
}

/** For backends that run no networks. Throws MeshError `unknown-model`. */
export function requireFilter<T extends FrameTarget>(target: T): T & { quality: Filter } {
  const { quality } = target;
  if (!isNetwork(quality)) return { ...target, quality };
  throw new MeshError('unknown-model', `The network '${quality}' does not run here. Use 'spatial' or 'bilinear'.`);
}

/** For backends that run nothing else. Throws MeshError `unknown-model`. */
export function requireNetwork<T extends FrameTarget>(target: T): T & { quality: Network } {
  const { quality } = target;
  if (isNetwork(quality)) return { ...target, quality };
  throw new MeshError('unknown-model', `'${quality}' is no network, and nothing else runs here.`);
}

/** Which filter makes the wanted size of a picture that a network doubled; null when it has that size. `spatial` only enlarges. */
export function filterAfter({ width, height, outWidth, outHeight }: UpscaleShape): Filter | null {
  if (outWidth === 2 * width && outHeight === 2 * height) return null;
  return outWidth >= 2 * width && outHeight >= 2 * height ? 'spatial' : 'bilinear';
}
