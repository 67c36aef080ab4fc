import type { InputKind, Quality, UpscaleParams } from '../../shared/tasks/upscale.ts';
import type { Started, Turn } from './schedule.ts';

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
  startPixels(pixels: Uint8Array, shape: UpscaleParams, turn: Turn): Promise<Started<Uint8Array<ArrayBuffer>>>;
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
