import type { LoweredCause, VolunteerDropCause } from '../../shared/messages.ts';
import type { Quality } from '../../shared/tasks/upscale.ts';
import type { StageTimes } from './frame-timing.ts';

/** The quality a frame was upscaled with. */
export interface UpscaleOutcome {
  quality: Quality;
  /** Why it is not the chosen quality; null when it is. */
  downgradeReason: LoweredCause | null;
}

/**
 * Why a frame is sent to a side (this machine or a volunteer): to `show` what comes back, or only to `measure` that side. Only frames sent
 * to be shown count as dropped when they fail.
 */
export type Purpose = 'show' | 'measure';

/** A source frame to be upscaled. Its receiver owns `frame` and closes it. */
export interface CapturedFrame {
  /** Increases in the order of the source. */
  frameId: number;
  /** When the stream's worker received it, ms. */
  capturedMs: number;
  frame: VideoFrame;
  purpose: Purpose;
}

/** A frame ready for the screen. Its receiver owns `frame` and closes it. */
export interface UpscaledFrame {
  frameId: number;
  /** When the stream's worker received it, ms. */
  capturedMs: number;
  frame: VideoFrame;
  purpose: Purpose;
  /** Null: the source frame unchanged, because nothing could upscale it. */
  outcome: UpscaleOutcome | null;
  /** Null: upscaled on this machine. */
  volunteerId: string | null;
  /** Time spent in each stage if the frame is presented at this moment. */
  stagesAt(presentedMs: number): StageTimes;
}

/** The detail of a frame, from a volunteer. */
export interface FrameDetail extends Omit<UpscaledFrame, 'frame'> {
  /** Luma codes of the output size, row by row without gaps (shared/detail.ts). */
  codes: Uint8Array;
  /** Codes for one 8-bit level. */
  gain: number;
  outcome: UpscaleOutcome;
  volunteerId: string;
  /** To be called when the codes are not read any more: their memory is used again. Codes that are never released are collected as garbage. */
  release(): void;
}

/** Hands a frame to its next owner. One that throws did not take it over, and the frame is closed here. */
export function handOver(frame: VideoFrame, take: () => void): void {
  try {
    take();
  } catch (cause) {
    frame.close();
    throw cause;
  }
}

/** Receives the frames of one side. */
export interface FrameSink {
  onUpscaled(frame: UpscaledFrame): void;
  onDetail(detail: FrameDetail): void;
  onDropped(frame: Pick<CapturedFrame, 'frameId' | 'purpose'>, cause: DropCause): void;
}

/** Why a packet could not be decoded. */
export type UndecodedCause = 'packet-lost' | 'decoder-busy' | 'undecodable';

/** Why a frame was not shown. */
export type DropCause =
  | VolunteerDropCause
  | UndecodedCause
  /** The source gives more frames a second than `maxFps`. */
  | 'fps-cap'
  /** A newer frame replaced it while it waited. */
  | 'superseded'
  | 'encoder-skipped'
  | 'uplink-full'
  /** Lost on the network. */
  | 'lost'
  | 'timeout'
  /** A newer frame was shown first. */
  | 'late'
  | 'wrong-size'
  /** Its answer was a keyframe of no detail, upon which the detail of later frames is coded. */
  | 'restarted'
  /** Its picture or detail does not match the source frame. */
  | 'wrong-picture'
  /** The frame could not be used: it has an unsupported size, or the browser failed to process it. */
  | 'failed'
  /** The volunteer left, or the stream changed its size. */
  | 'route-closed';
