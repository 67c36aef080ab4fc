import type { Clock } from '../../../shared/clock.ts';
import type { WireError } from '../../../shared/errors.ts';
import type { Quality } from '../../../shared/tasks/upscale.ts';
import type { Composer } from '../compose/composer.ts';
import type { StreamSize } from '../frame-size.ts';
import type { StreamSettings } from '../settings.ts';
import type { VideoChannel } from '../transport/video-channel.ts';
import type { FrameEngine } from '../upscale/frame-engine.ts';
import type { DetailHistories } from '../verify/detail-history.ts';
import type { UpscaleTile } from '../verify/tile-check.ts';
import type { MovedFrames } from './source/moved-frames.ts';
import type { StreamStats } from './stream-statistics.ts';

/** What the page hands to its worker to open a stream. Everything but `settings` is transferred. */
export interface StreamOpening {
  frames: MovedFrames;
  /** What the source shows now: a still source may not give another frame. The stream closes it. */
  first: VideoFrame | null;
  canvas: OffscreenCanvas;
  settings: StreamSettings;
  /** Carries {@link StreamEvent}s to the page until the stream is closed. */
  events: MessagePort;
}

/** What a stream in its worker tells the page. */
export type StreamEvent =
  /** Sent before the first frame and whenever the source changes its size: volunteers must be set up for the new size. */
  | { kind: 'size'; size: StreamSize }
  /** The route to a volunteer failed. The stream has already removed it. */
  | { kind: 'volunteer-failed'; streamId: number; error: WireError }
  /** Volunteers must be asked for no better quality than this, because this machine cannot check it. */
  | { kind: 'limited'; best: Quality }
  | { kind: 'stats'; stats: StreamStats }
  /** The source ended, and its last picture needs no more help. The page still has to close the stream. */
  | { kind: 'ended'; error: WireError };

export interface GamerStreamOptions extends StreamOpening {
  /** Called when the local engine is first needed. */
  engine(): Promise<FrameEngine>;
  /** Computes again what a volunteer computed, to check it. */
  upscaleTile: UpscaleTile;
  /** Records of the detail of all streams' volunteers. */
  histories: DetailHistories;
  /** Called when the size of a detail stream is known. The stream disposes the composer. */
  openComposer(size: StreamSize): Promise<Composer>;
  clock: Clock;
  random(): number;
  /** The video channel of a linked volunteer. Throws MeshError `closed` if it has none. */
  videoChannelOf(volunteerId: string): VideoChannel;
  onClosed(): void;
}
