import type { LoweredCause } from '../../shared/messages.ts';
import type { Quality } from '../../shared/tasks/upscale.ts';
import type { DropCause } from './drop-cause.ts';
import type { StageTimes } from './frame-timing.ts';

/** What a picture was made with, and why with no better; null: it is what was wanted. */
export interface Made {
  quality: Quality;
  lowered: LoweredCause | null;
}

/**
 * What a frame is sent to a side for: to be shown; to fill in while the other side is late; or only to measure that side. Whether
 * a picture was dropped is asked of the frames that were to be shown.
 */
export type Purpose = 'show' | 'fill' | 'measure';

/** A source frame on its way to be sharpened. Whoever is handed one closes its frame. */
export interface CapturedFrame {
  /** Increasing in the order of the source. */
  frameId: number;
  /** When the stream's worker got it, ms. */
  capturedMs: number;
  frame: VideoFrame;
  purpose: Purpose;
}

/** Its picture for the screen. Whoever is handed one closes its frame. */
export interface SharpFrame {
  frameId: number;
  frame: VideoFrame;
  purpose: Purpose;
  /** Null: the source frame as it was, for want of anything that could sharpen it. */
  made: Made | null;
  /** Null: this machine. */
  volunteerId: string | null;
  /** The tiles of its time, were it presented at this moment. */
  stagesAt(presentedMs: number): StageTimes;
}

/** Where a side's frames go. */
export interface FrameSink {
  onSharp(frame: SharpFrame): void;
  onDropped(frame: Pick<CapturedFrame, 'frameId' | 'purpose'>, cause: DropCause): void;
}
