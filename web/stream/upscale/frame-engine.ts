import type { Quality } from '../../../shared/tasks/upscale.ts';

/** What a stream needs of the compute engine; `web/compute/engine.ts` gives it. */
export interface FrameEngine {
  /** Throws MeshError when it has no backend for it. */
  openFrames(options: { outWidth: number; outHeight: number; quality: Quality }): FrameUpscaler;
}

/** Sharpens the frames of one stream. Whoever opened it disposes it, and not while it processes. */
export interface FrameUpscaler {
  readonly backend: string;
  /**
   * Resolves when frames would not wait for anything to be fetched or made first; absent where there is nothing of that kind. A stream shows
   * another quality meanwhile.
   */
  ready?(): Promise<void>;
  /** The frame stays the caller's to close, and so does the result. One frame at a time. */
  process(frame: VideoFrame): Promise<VideoFrame>;
  dispose(): void;
}
