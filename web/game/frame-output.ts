import { adoptFrames, writableTo } from '../stream/gamer/source/moved-frames.ts';

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
  channel: FrameChannel;
}

/** What carries frames out of the game's worker: a track's stream or, where a browser has no such track, a port. */
export type FrameChannel = WritableStream<VideoFrame> | MessagePort;

/**
 * Opens the channel of frames from the game's worker to the stream. Measured in headless Chromium on two cores, at 640x360 and 60 fps, with
 * the page's main thread blocked for 800 ms; frames that reached the stream's worker meanwhile, and the longest gap:
 *
 * - `captureStream()` of the placeholder canvas: 0 of 48 frames, 809 ms;
 * - a ReadableStream transferred from the worker to the page and on to the next worker: 0 of 48, 806 ms (the page pumps every chunk);
 * - a MediaStreamTrackGenerator whose `writable` went to the worker: 48 of 48, 21 ms. Nothing passes the main thread.
 *
 * So it uses a generator, and a port through the page where the browser has none: what waits in a pipe is left unclosed when its reader stops. A frame
 * costs the worker about 1.5 ms either way.
 */
export function openFrameSource(): FrameSource {
  if (typeof MediaStreamTrackGenerator !== 'undefined') {
    const track = new MediaStreamTrackGenerator({ kind: 'video' });
    return { source: track, channel: track.writable };
  }
  const { port1, port2 } = new MessageChannel();
  return { source: adoptFrames(port1), channel: port2 };
}

/** The end of a {@link FrameChannel} in the worker. */
export function writableOf(channel: FrameChannel): WritableStream<VideoFrame> {
  return channel instanceof WritableStream ? channel : writableTo(channel, MAX_QUEUED_FRAMES);
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
    // A generator and a port close the frame that they send, but not one that they refuse. A second close does no harm.
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
