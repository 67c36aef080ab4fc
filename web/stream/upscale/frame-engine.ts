import type { DetailCoding } from '../../../shared/detail.ts';
import type { Quality } from '../../../shared/tasks/upscale.ts';

export interface UpscaleShape {
  width: number;
  height: number;
  outWidth: number;
  outHeight: number;
  quality: Quality;
}

/** What the frames of a stream become. */
export interface FrameTarget {
  outWidth: number;
  outHeight: number;
  quality: Quality;
  /** Set: frames become detail, I420 of the output size, instead of pictures. */
  detail?: DetailCoding;
}

/** The part of the compute engine that streams use; implemented by `web/compute/engine.ts`. */
export interface FrameEngine {
  /** Throws MeshError if no backend supports the quality. */
  openFrames(target: FrameTarget): FrameUpscaler;
  /** Predicts from what was measured how long a frame takes, ms; null where that is not known yet. Absent: nothing is ever known. */
  predictMs?(shape: UpscaleShape): number | null;
  /** Whether a hardware GPU will compute the frame, as far as that is known. Absent: it will. */
  isOnGpu?(shape: UpscaleShape): boolean;
}

/** Upscales the frames of one stream in one quality. Whoever opened it disposes it, but not while it processes. */
export interface FrameUpscaler {
  readonly backend: string;
  /**
   * Resolves once models and pipelines are loaded, so that frames are processed without delay; absent if nothing has to be loaded. A stream
   * shows another quality meanwhile.
   */
  ready?(): Promise<void>;
  /** Upscales one frame at a time. The caller closes both the given and the returned frame. */
  process(frame: VideoFrame): Promise<VideoFrame>;
  dispose(): void;
}
