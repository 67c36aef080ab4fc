import type { Clock } from '../../../shared/clock.ts';
import type { MeshError } from '../../../shared/errors.ts';
import type { StreamSize } from '../frame-size.ts';
import type { StreamSettings } from '../settings.ts';
import type { FrameEngine } from '../upscale/frame-engine.ts';
import type { StreamStats } from './stream-statistics.ts';

export interface GamerStreamHandlers {
  /** Before the first frame and whenever the source changes its size: a volunteer must be set up for it. */
  onSize(size: StreamSize): void;
  /** The volunteer's stream is of no more use and was let go. */
  onVolunteerFailed(streamId: number, error: MeshError): void;
  onStats(stats: StreamStats): void;
  /** The stream ended by itself. It has to be closed all the same. */
  onEnded(error: MeshError): void;
}

export interface GamerStreamOptions {
  frames: ReadableStream<VideoFrame>;
  /** What a source that stands still shows now; taken over. */
  first: VideoFrame | null;
  canvas: OffscreenCanvas;
  settings: StreamSettings;
  engine(): Promise<FrameEngine>;
  clock: Clock;
  random(): number;
  handlers: GamerStreamHandlers;
}
