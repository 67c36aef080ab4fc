import { GAME } from './tuning.ts';

/** Chromium's, which TypeScript's DOM does not know: a track fed by whoever holds its `writable`. */
interface TrackGenerator extends MediaStreamTrack {
  readonly writable: WritableStream<VideoFrame>;
}
declare const MediaStreamTrackGenerator: (new (init: { kind: 'video' }) => TrackGenerator) | undefined;

export interface FrameSource {
  /** What the page hands to `openStream`. */
  source: MediaStreamTrack | ReadableStream<VideoFrame>;
  /** What the game's worker writes to; to be transferred there. */
  writable: WritableStream<VideoFrame>;
}

/**
 * The way of the frames out of the game's worker. Measured in headless Chromium on two cores at 640x360 and 60 fps, with the page's
 * main thread blocked for 800 ms, as frames that reached the stream's worker meanwhile and the longest gap:
 *
 * - `captureStream()` of the placeholder canvas: 0 of 48 frames, 809 ms;
 * - a ReadableStream handed from the worker to the page and on to the next worker: 0 of 48, 806 ms (the page pumps every chunk);
 * - a MediaStreamTrackGenerator whose `writable` went to the worker: 48 of 48, 21 ms. Nothing passes the main thread.
 *
 * So a generator it is, and the page's own pipe where a browser has none. A frame costs the worker about 1.5 ms either way.
 */
export function openFrameSource(): FrameSource {
  if (typeof MediaStreamTrackGenerator !== 'undefined') {
    const track = new MediaStreamTrackGenerator({ kind: 'video' });
    return { source: track, writable: track.writable };
  }
  const strategy = { highWaterMark: GAME.maxQueuedFrames };
  const { readable, writable } = new TransformStream<VideoFrame, VideoFrame>({}, strategy, strategy);
  return { source: readable, writable };
}

/** Sends what a canvas shows out as frames, in the worker that draws it. A reader that is slow misses frames; none wait for it. */
export class FrameOutlet {
  readonly #writer: WritableStreamDefaultWriter<VideoFrame>;
  #isOpen = true;

  constructor(frames: WritableStream<VideoFrame>) {
    this.#writer = frames.getWriter();
    // Stopped or cancelled by its reader: the game goes on without being filmed.
    void this.#writer.closed.then(
      () => this.#shut(),
      () => this.#shut(),
    );
  }

  /** To be called in the task that drew the canvas, while the drawing is still there. */
  offer(canvas: OffscreenCanvas, timeMs: number): void {
    if (!this.#isOpen || (this.#writer.desiredSize ?? 0) <= 0) return;
    const frame = new VideoFrame(canvas, { timestamp: Math.round(timeMs * 1000) });
    // A stream between threads sends a copy; a generator closes what it took, and closing twice does no harm.
    void this.#writer.write(frame).then(
      () => frame.close(),
      () => {
        frame.close();
        this.#shut();
      },
    );
  }

  /** Ends the track or stream. */
  async close(): Promise<void> {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    try {
      await this.#writer.close();
    } catch {
      // Its reader ended it first.
    }
  }

  #shut(): void {
    this.#isOpen = false;
  }
}
