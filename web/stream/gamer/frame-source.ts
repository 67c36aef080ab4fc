import { systemClock } from '../../../shared/clock.ts';
import { MeshError } from '../../../shared/errors.ts';
import { streamSize } from '../frame-size.ts';

/** First wait for a frame from a still track, ms; doubled after each wait, up to the maximum: a minimised window gives no frame at all. */
const FIRST_NUDGE_WAIT_MS = 250;
const MAX_NUDGE_WAIT_MS = 4_000;

/** Everything a stream can be opened on. */
export type StreamSource = HTMLCanvasElement | HTMLVideoElement | MediaStreamTrack | ReadableStream<VideoFrame>;

/** The frames of a source, ready to be transferred to a worker. */
export interface SourceFrames {
  frames: ReadableStream<VideoFrame>;
  /** What the source shows now: a still source may not give another frame. Null when it shows nothing yet. */
  first: VideoFrame | null;
  /**
   * To be called once the frames are being read. Makes a still source give its current frame again, in case the reader missed it.
   */
  again(): void;
  /** Ends whatever was started here, but nothing that belongs to the caller. */
  stop(): void;
}

/** TypeScript declares it in workers only, where the standard put it; Chromium offers it on the page only. */
interface TrackProcessor {
  readonly readable: ReadableStream<VideoFrame>;
}
type TrackProcessorConstructor = new (init: { track: MediaStreamTrack }) => TrackProcessor;

/** An element that may be captured; some browsers cannot capture a video element. */
interface Capturable {
  captureStream?(): MediaStream;
}

/** Opens a source on the page. Throws MeshError `bad-input`, `source-ended`, `unsupported-browser`. */
export function openSource(source: StreamSource): SourceFrames {
  if (source instanceof ReadableStream) {
    if (source.locked)
      throw MeshError.badInput('This stream of frames is already being read. Pass one that nobody reads.');
    return { frames: closingFrames(source), first: null, again: () => {}, stop: () => {} };
  }
  if (source instanceof MediaStreamTrack) return openTrack(source);
  if (source instanceof HTMLCanvasElement || source instanceof HTMLVideoElement) return openElement(source);
  throw MeshError.badInput(
    'A stream can be opened on a canvas, a video element, a MediaStreamTrack or a ReadableStream of VideoFrames. Pass one of these.',
  );
}

function openTrack(track: MediaStreamTrack): SourceFrames {
  const nudge = new TrackNudge(track);
  return { frames: framesOf(track), first: null, again: () => nudge.start(), stop: () => nudge.stop() };
}

/**
 * Makes a still track give its current frame again. A tab or window in which nothing moves gives no frames by itself, and the one
 * frame that every new reader gets may be lost while the stream is on its way to its worker, or be requested before the capture has
 * begun. An additional reader makes the browser send the current frame to all readers; further ones follow, ever more rarely, until one of
 * them has received a frame.
 */
class TrackNudge {
  readonly #track: MediaStreamTrack;
  #reader: ReadableStreamDefaultReader<VideoFrame> | null = null;
  #cancelNext = () => {};

  constructor(track: MediaStreamTrack) {
    this.#track = track;
  }

  start(waitMs: number = FIRST_NUDGE_WAIT_MS): void {
    this.stop();
    if (this.#track.readyState === 'ended') return;
    const reader = framesOf(this.#track).getReader();
    this.#reader = reader;
    this.#cancelNext = systemClock.after(waitMs, () => this.start(Math.min(2 * waitMs, MAX_NUDGE_WAIT_MS)));
    void this.#waitForFrame(reader);
  }

  stop(): void {
    this.#cancelNext();
    // Rejects if the track failed: there is nothing left to cancel.
    this.#reader?.cancel().catch(() => {});
    this.#reader = null;
  }

  async #waitForFrame(reader: ReadableStreamDefaultReader<VideoFrame>): Promise<void> {
    try {
      (await reader.read()).value?.close();
    } catch {
      // The track failed. The stream's own reader finds out and reports it.
    }
    if (this.#reader === reader) this.stop();
  }
}

function openElement(element: HTMLCanvasElement | HTMLVideoElement): SourceFrames {
  checkElementSize(element);
  const captured = capture(element);
  const [track, ...others] = captured.getVideoTracks();
  for (const unused of [...others, ...captured.getAudioTracks()]) unused.stop();
  if (!track) throw MeshError.badInput(noPicture(element));
  try {
    return { frames: framesOf(track), first: firstFrame(element), again: () => {}, stop: () => track.stop() };
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

function noPicture(element: HTMLCanvasElement | HTMLVideoElement): string {
  const isSoundAlone = element instanceof HTMLVideoElement && element.readyState >= HTMLMediaElement.HAVE_METADATA;
  return isSoundAlone
    ? 'The video has no picture that this browser can decode. Pass one in H.264, VP8, VP9 or AV1.'
    : 'The video has no picture yet. Wait for its `loadeddata` event.';
}

function capture(element: HTMLCanvasElement | HTMLVideoElement): MediaStream {
  const { captureStream } = element as Capturable;
  if (!captureStream) throw cannotCapture('captureStream()');
  try {
    return captureStream.call(element);
  } catch (cause) {
    throw new MeshError(
      'bad-input',
      'This element cannot be captured: it shows nothing, or content of another origin without permission. Serve that content with CORS headers.',
      { cause },
    );
  }
}

function framesOf(track: MediaStreamTrack): ReadableStream<VideoFrame> {
  if (track.kind !== 'video') throw MeshError.badInput('This is an audio track. Pass a video track.');
  if (track.readyState === 'ended') {
    throw new MeshError('source-ended', 'This track has ended already. Start the camera, screen share or video again.');
  }
  const { MediaStreamTrackProcessor } = globalThis as { MediaStreamTrackProcessor?: TrackProcessorConstructor };
  if (!MediaStreamTrackProcessor) throw cannotCapture('MediaStreamTrackProcessor');
  return new MediaStreamTrackProcessor({ track }).readable;
}

/**
 * The same frames, each closed once its copy was sent. A transferred stream sends clones, and a source whose original frames stay open
 * stalls (a decoder after about ten). The page reads the next frame only after the previous one was sent.
 */
function closingFrames(frames: ReadableStream<VideoFrame>): ReadableStream<VideoFrame> {
  const reader = frames.getReader();
  let sent: VideoFrame | undefined;
  return new ReadableStream<VideoFrame>(
    {
      async pull(controller) {
        sent?.close();
        const { done, value } = await reader.read();
        sent = value;
        if (done) controller.close();
        else controller.enqueue(value);
      },
      async cancel(reason) {
        sent?.close();
        await reader.cancel(reason);
      },
    },
    { highWaterMark: 0 },
  );
}

function firstFrame(element: HTMLCanvasElement | HTMLVideoElement): VideoFrame | null {
  try {
    return new VideoFrame(element, { timestamp: 0 });
  } catch {
    // Nothing is shown yet, so the first captured frame comes first.
    return null;
  }
}

function cannotCapture(what: string): MeshError {
  return new MeshError(
    'unsupported-browser',
    `This browser has no ${what}, so it cannot take frames from this source. Use a current Chrome or Edge, or pass a ReadableStream of VideoFrames.`,
  );
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
  #stopped = false;

  /** @param first - delivered before the stream's frames; the reader takes ownership */
  constructor(frames: ReadableStream<VideoFrame>, first: VideoFrame | null, { onFrame, onEnd }: SourceReaderHandlers) {
    this.#reader = frames.getReader();
    this.#onFrame = onFrame;
    if (first) onFrame(first);
    void this.#readAll().then((error) => {
      if (!this.#stopped) onEnd(error);
    });
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    try {
      await this.#reader.cancel();
    } catch {
      // A source that failed cannot be cancelled and need not be.
    }
  }

  /** Returns why there are no more frames. */
  async #readAll(): Promise<MeshError> {
    for (let frame = await this.#next(); ; frame = await this.#next()) {
      if (frame instanceof MeshError) return frame;
      if (this.#stopped) frame.close();
      else this.#onFrame(frame);
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
