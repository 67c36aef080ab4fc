/** Frames that may wait for a slow reader. When it is full, the game captures no new ones. */
const MAX_QUEUED_FRAMES = 2;

/** A track fed through its `writable`. Only Chromium has it, and TypeScript's DOM types lack it. */
interface TrackGenerator extends MediaStreamTrack {
  readonly writable: WritableStream<VideoFrame>;
}
declare const MediaStreamTrackGenerator: (new (init: { kind: 'video' }) => TrackGenerator) | undefined;

export interface FrameSource {
  /** For `openStream` on the page. */
  source: MediaStreamTrack | ReadableStream<VideoFrame>;
  /** For the game's worker; transfer it there. */
  writable: WritableStream<VideoFrame>;
}

/**
 * Opens the way of frames from the game's worker to the stream. Measured in headless Chromium on two cores, at 640x360 and 60 fps, with
 * the page's main thread blocked for 800 ms; frames that reached the stream's worker meanwhile, and the longest gap:
 *
 * - `captureStream()` of the placeholder canvas: 0 of 48 frames, 809 ms;
 * - a ReadableStream transferred from the worker to the page and on to the next worker: 0 of 48, 806 ms (the page pumps every chunk);
 * - a MediaStreamTrackGenerator whose `writable` went to the worker: 48 of 48, 21 ms. Nothing passes the main thread.
 *
 * So it uses a generator, and a pipe through the page where the browser has none. A frame costs the worker about 1.5 ms either way.
 */
export function openFrameSource(): FrameSource {
  if (typeof MediaStreamTrackGenerator !== 'undefined') {
    const track = new MediaStreamTrackGenerator({ kind: 'video' });
    return { source: track, writable: track.writable };
  }
  const strategy = { highWaterMark: MAX_QUEUED_FRAMES };
  const { readable, writable } = new TransformStream<VideoFrame, VideoFrame>({}, strategy, strategy);
  return { source: readable, writable };
}

/** Writes what a canvas shows as frames, in the worker that draws it. A slow reader misses frames; none wait for it. */
export class FrameOutlet {
  readonly #writer: WritableStreamDefaultWriter<VideoFrame>;
  #isOpen = true;

  constructor(frames: WritableStream<VideoFrame>) {
    this.#writer = frames.getWriter();
    const shut = () => {
      this.#isOpen = false;
    };
    // When the reader stops or cancels, the game goes on without being captured.
    void this.#writer.closed.then(shut, shut);
  }

  /** Call it in the task that drew the canvas, before the browser clears the drawing. */
  offer(canvas: OffscreenCanvas, timeMs: number): void {
    if (!this.#isOpen || (this.#writer.desiredSize ?? 0) <= 0) return;
    const frame = new VideoFrame(canvas, { timestamp: Math.round(timeMs * 1000) });
    // A stream between threads sends a copy and leaves this one open; a generator closes it, and a second close does no harm.
    void this.#writer.write(frame).then(
      () => frame.close(),
      () => {
        frame.close();
        this.#isOpen = false;
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
      // The reader ended it first.
    }
  }
}
