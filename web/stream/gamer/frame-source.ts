import { systemClock } from '../../../shared/clock.ts';
import { MeshError } from '../../../shared/errors.ts';
import { streamSize } from '../frame-size.ts';
import {
  type CaptureMethod,
  captureMethod,
  framesByVideo,
  processedFrames,
  readsTracks,
  trackOf,
} from './source/browser-frames.ts';
import { adoptFrames, type MovedFrames, movable, movedOneByOne } from './source/moved-frames.ts';
import { shownFrames } from './source/shown-frames.ts';

/** First wait for a frame from a still track, ms; doubled after each wait, up to the maximum: a minimised window gives no frame at all. */
const FIRST_NUDGE_WAIT_MS = 250;
const MAX_NUDGE_WAIT_MS = 4_000;

/** How long a reader that stops waits for a frame that may be on its way, ms: an interval at 10 fps. A slower source hardly has one there. */
const LAST_FRAME_WAIT_MS = 100;

/** How often it is looked whether the caller has stopped its track, ms: no event tells that. */
const END_INTERVAL_MS = 500;

/** Everything a stream can be opened on. */
export type StreamSource = HTMLCanvasElement | HTMLVideoElement | MediaStreamTrack | ReadableStream<VideoFrame>;

/** The frames of a source, ready to be transferred to a worker, however this browser gives them. */
export interface SourceFrames {
  frames: MovedFrames;
  /** What the source shows now: a still source may not give another frame. Null when it shows nothing yet. */
  first: VideoFrame | null;
  /**
   * To be called once the frames are being read. Makes a still source give its current frame again, in case the reader missed it.
   */
  again(): void;
  /** To be called once the frames are being read. Calls back when the caller has ended its source, where the frames go on without it. */
  watchEnd?(onEnded: () => void): void;
  /** Ends whatever was started here, but nothing that belongs to the caller. */
  stop(): void;
}

/**
 * Opens a source on the page. Throws MeshError `bad-input`, `source-ended`, `unsupported-browser`.
 *
 * @param workerReadsTracks - whether the worker that gets the frames can read a track itself; it is asked only where the page cannot.
 */
export async function openSource(
  source: StreamSource,
  workerReadsTracks: () => boolean | Promise<boolean>,
): Promise<SourceFrames> {
  if (source instanceof ReadableStream) {
    if (source.locked)
      throw MeshError.badInput('This stream of frames is already being read. Pass one that nobody reads.');
    return { frames: movedOneByOne(source), first: null, again: () => {}, stop: () => {} };
  }
  const method = captureMethod(readsTracks() || (await workerReadsTracks()));
  if (source instanceof MediaStreamTrack) return openTrack(source, method);
  if (source instanceof HTMLCanvasElement || source instanceof HTMLVideoElement) return openElement(source, method);
  throw MeshError.badInput(
    'A stream can be opened on a canvas, a video element, a MediaStreamTrack or a ReadableStream of VideoFrames. Pass one of these.',
  );
}

function openTrack(track: MediaStreamTrack, method: CaptureMethod): SourceFrames {
  if (track.kind !== 'video') throw MeshError.badInput('This is an audio track. Pass a video track.');
  if (track.readyState === 'ended') {
    throw new MeshError('source-ended', 'This track has ended already. Start the camera, screen share or video again.');
  }
  if (method === 'video') {
    const { frames, again, stop } = framesByVideo(track);
    return watchingEnd(track, { frames: movedOneByOne(frames), first: null, again, stop });
  }
  if (method === 'worker') {
    const copy = track.clone();
    // A still track gives a new reader its frame, and a copy is a new one. Once it was moved, it is the worker that stops it.
    return watchingEnd(track, { frames: copy, first: null, again: () => {}, stop: () => copy.stop() });
  }
  const nudge = new TrackNudge(track);
  return { frames: movable(processedFrames(track)), first: null, again: () => nudge.start(), stop: () => nudge.stop() };
}

/** A copy goes on when its original is stopped, and keeps the camera on; a video element goes on showing the last picture. */
function watchingEnd(track: MediaStreamTrack, source: SourceFrames): SourceFrames {
  let cancelNext = () => {};
  const look = (onEnded: () => void) => {
    if (track.readyState === 'ended') onEnded();
    else cancelNext = systemClock.after(END_INTERVAL_MS, () => look(onEnded));
  };
  return {
    ...source,
    watchEnd: look,
    stop() {
      cancelNext();
      source.stop();
    },
  };
}

/**
 * Makes a still track give its current frame again. A tab or window in which nothing moves gives no frames by itself, and the one
 * frame that every new reader gets may be lost while the stream is on its way to its worker, or be requested before the capture has
 * begun. An additional reader makes the browser send the current frame to all readers; further ones follow, ever more rarely, until one of
 * them has received a frame.
 */
class TrackNudge {
  readonly #track: MediaStreamTrack;
  /** Those that wait for their frame, the oldest first. */
  readonly #readers = new Set<ReadableStreamDefaultReader<VideoFrame>>();
  #cancelNext = () => {};

  constructor(track: MediaStreamTrack) {
    this.#track = track;
  }

  start(waitMs: number = FIRST_NUDGE_WAIT_MS): void {
    this.#cancelNext();
    if (this.#track.readyState === 'ended') return;
    // Chromium leaves a frame unclosed that is on its way to a reader that is cancelled, as it often is on a busy page. So the last one goes on waiting.
    for (const reader of [...this.#readers].slice(0, -1)) this.#end(reader);
    const reader = processedFrames(this.#track).getReader();
    this.#readers.add(reader);
    this.#cancelNext = systemClock.after(waitMs, () => this.start(Math.min(2 * waitMs, MAX_NUDGE_WAIT_MS)));
    void this.#waitForFrame(reader);
  }

  stop(): void {
    this.#cancelNext();
    for (const reader of this.#readers) this.#end(reader);
  }

  async #waitForFrame(reader: ReadableStreamDefaultReader<VideoFrame>): Promise<void> {
    try {
      (await reader.read()).value?.close();
    } catch {
      // The track failed. The stream's own reader finds out and reports it.
    }
    if (!this.#readers.has(reader)) return;
    this.#cancelNext();
    this.#end(reader);
  }

  #end(reader: ReadableStreamDefaultReader<VideoFrame>): void {
    this.#readers.delete(reader);
    // Rejects if the track failed: there is nothing left to cancel.
    reader.cancel().catch(() => {});
  }
}

function openElement(element: HTMLCanvasElement | HTMLVideoElement, method: CaptureMethod): SourceFrames {
  checkElementSize(element);
  if (element instanceof HTMLVideoElement && method !== 'processor') {
    const { frames, again, stop } = shownFrames(element);
    return { frames: movedOneByOne(frames), first: firstFrame(element), again, stop };
  }
  const track = trackOf(element);
  try {
    const { frames, stop } = openTrack(track, method);
    return {
      ...{ frames, first: firstFrame(element), again: () => {} },
      stop() {
        stop();
        track.stop();
      },
    };
  } catch (cause) {
    track.stop();
    throw cause;
  }
}

/** A canvas or video whose frames no stream takes is refused at once. A video that is not loaded has no size yet. */
function checkElementSize(element: HTMLCanvasElement | HTMLVideoElement): void {
  if (element instanceof HTMLCanvasElement) streamSize(element, 1);
  else if (element.videoWidth > 0) streamSize({ width: element.videoWidth, height: element.videoHeight }, 1);
}

function firstFrame(element: HTMLCanvasElement | HTMLVideoElement): VideoFrame | null {
  try {
    return new VideoFrame(element, { timestamp: 0 });
  } catch {
    // Nothing is shown yet, so the first captured frame comes first.
    return null;
  }
}

export interface SourceReaderHandlers {
  /** Takes ownership of the frame. Must not throw. */
  onFrame(frame: VideoFrame): void;
  /** Called once, unless the reader was stopped before. `error` is MeshError `source-ended`, or the error the source failed with. */
  onEnd(error: MeshError): void;
}

/** Reads the frames in the worker as fast as they come, so that the source never stalls. */
export class SourceReader {
  readonly #reader: ReadableStreamDefaultReader<VideoFrame>;
  readonly #onFrame: (frame: VideoFrame) => void;
  readonly #finished: Promise<void>;
  #stopped = false;

  /** Throws MeshError `unsupported-browser`. @param first - delivered before the stream's frames; the reader takes ownership */
  constructor(frames: MovedFrames, first: VideoFrame | null, { onFrame, onEnd }: SourceReaderHandlers) {
    this.#reader = adoptFrames(frames).getReader();
    this.#onFrame = onFrame;
    if (first) onFrame(first);
    this.#finished = this.#readAll().then((error) => {
      if (error) onEnd(error);
    });
  }

  /** Gives no further frames, as if the source had ended by itself. */
  async end(): Promise<void> {
    try {
      await this.#reader.cancel();
    } catch {
      // A source that failed cannot be cancelled and need not be.
    }
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    // Chromium leaves a frame unclosed that is on its way to a reader that is cancelled.
    const waited = new Promise<void>((resolve) => systemClock.after(LAST_FRAME_WAIT_MS, resolve));
    await Promise.race([this.#finished, waited]);
    await this.end();
  }

  /** Returns why there are no more frames; null once the reader was stopped. */
  async #readAll(): Promise<MeshError | null> {
    for (;;) {
      const frame = await this.#next();
      if (this.#stopped) {
        if (!(frame instanceof MeshError)) frame.close();
        return null;
      }
      if (frame instanceof MeshError) return frame;
      this.#onFrame(frame);
    }
  }

  async #next(): Promise<VideoFrame | MeshError> {
    try {
      const { done, value } = await this.#reader.read();
      if (!done) return value;
      return new MeshError('source-ended', 'The source of the frames ended. Open a stream on another one.');
    } catch (cause) {
      if (cause instanceof MeshError) return cause;
      const detail = cause instanceof Error ? cause.message : String(cause);
      const message = `The source of the frames failed (${detail}). Open a stream on another one.`;
      return new MeshError('source-ended', message, { cause });
    }
  }
}
