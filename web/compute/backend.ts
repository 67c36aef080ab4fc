import type { DetailCoding } from '../../shared/detail.ts';
import { MeshError } from '../../shared/errors.ts';
import type { PackedResult, PackedTask } from '../../shared/tasks/definition.ts';
import { type Filter, isNetwork, type Network, type Quality, type UpscaleParams } from '../../shared/tasks/upscale.ts';
import { nextMacrotask, type Started, type TimeSlot } from './schedule.ts';

export interface FrameTarget {
  outWidth: number;
  outHeight: number;
  quality: Quality;
  /** Frames are then not pictures but detail, I420 of the output size: what the picture's luma has more than its base, coded in their luma. */
  detail?: DetailCoding;
}

export interface UpscaleShape extends FrameTarget {
  width: number;
  height: number;
}

/** Backends: our kernels on WebGPU; those on the processor; the reference there; and onnxruntime-web on either, for networks only. */
export const BACKEND_NAMES = ['wgsl', 'wasm', 'js', 'ort-wasm', 'ort-webgpu'] as const;
export type BackendName = (typeof BACKEND_NAMES)[number];

/** One way to compute on this machine. `startPixels` and `BackendFrames.start` run in a time slot of the schedule, `finish` after it. */
export interface Backend {
  readonly name: BackendName;
  /** Upscales straight-alpha sRGB RGBA8 pixels. Throws MeshError. */
  startPixels(pixels: Uint8Array, shape: UpscaleParams, slot: TimeSlot): Promise<Started<Uint8Array<ArrayBuffer>>>;
  /** Loads what a quality needs, so that its first time slot waits for nothing. Backends without it run only filters. Throws MeshError. */
  prepare?(quality: Quality): Promise<void>;
  /**
   * Whether the limits of the device allow a picture, however much memory is free. Asked before the backend is chosen; backends without it have
   * no such limits.
   */
  fits?(shape: UpscaleShape): boolean;
  openFrames(target: FrameTarget): BackendFrames;
  dispose(): void;
}

/** The state of one stream on a backend. */
export interface BackendFrames {
  /** Sharpens a frame. The caller keeps it and may close it once this resolved. Throws MeshError. */
  start(frame: VideoFrame, slot: TimeSlot): Promise<Started<VideoFrame>>;
  /** Frames in flight may still finish. */
  dispose(): void;
}

/**
 * Paths of a VideoFrame into the GPU, the cheapest first: imported without a copy; copied by the GPU; read by the processor and uploaded.
 */
export const FRAME_IMPORTS = ['importExternalTexture', 'copyExternalImageToTexture', 'copyTo'] as const;
export type FrameImport = (typeof FRAME_IMPORTS)[number];

/** Paths of the result out of the GPU: a canvas that stays on the GPU; read back to the processor. */
export const FRAME_EXPORTS = ['canvas', 'readback'] as const;
export type FrameExport = (typeof FRAME_EXPORTS)[number];

export interface FramePaths {
  frameIn: FrameImport;
  frameOut: FrameExport;
}

/** Paths that work wherever WebGPU does. */
export const SAFE_FRAME_PATHS: FramePaths = { frameIn: 'copyTo', frameOut: 'readback' };

/** Runs tasks of one type faster than the reference. Checked and measured before it is used. */
export interface TaskExecutor {
  readonly backend: BackendName;
  /** Units of the type's `cost` per ms. */
  readonly unitsPerMs: number;
  /** Whether a task is large enough: the processor has done a small one before a GPU answers. */
  suits(task: PackedTask): boolean;
  /**
   * Runs a task that its definition has checked. Null: the reference must run it. Throws MeshError `device-lost`, `too-large`, `cancelled`,
   * `volunteer-failed`.
   */
  run(task: PackedTask, slot: TimeSlot): Promise<PackedResult | null>;
}

/** Narrows the quality to a filter, for backends that run no networks. Throws MeshError `unknown-model`. */
export function requireFilter<T extends FrameTarget>(target: T): T & { quality: Filter } {
  const { quality } = target;
  if (!isNetwork(quality)) return { ...target, quality };
  throw new MeshError(
    'unknown-model',
    `The network '${quality}' does not run here. Use 'spatial', 'bicubic' or 'bilinear'.`,
  );
}

/** Narrows the quality to a network, for backends that run nothing else. Throws MeshError `unknown-model`. */
export function requireNetwork<T extends FrameTarget>(target: T): T & { quality: Network } {
  const { quality } = target;
  if (isNetwork(quality)) return { ...target, quality };
  throw new MeshError(
    'unknown-model',
    `'${quality}' is not a network, and this backend runs nothing else. Use a network.`,
  );
}

/** The filter that resizes a picture after a network doubled it; null when that is the wanted size. `spatial` can only enlarge. */
export function filterAfter({ width, height, outWidth, outHeight }: UpscaleShape): Filter | null {
  if (outWidth === 2 * width && outHeight === 2 * height) return null;
  return outWidth >= 2 * width && outHeight >= 2 * height ? 'spatial' : 'bilinear';
}

/** How work that goes on after its time slot, in {@link Started.finish}, lets the event loop run. Throws MeshError `cancelled`. */
export async function restAfter({ signal }: TimeSlot): Promise<void> {
  await nextMacrotask();
  if (signal.aborted) throw MeshError.cancelled();
}
