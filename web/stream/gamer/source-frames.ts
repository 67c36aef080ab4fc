import { systemClock } from '../../../shared/clock.ts';
import { MeshError } from '../../../shared/errors.ts';
import { STREAM } from '../tuning.ts';

/** p2c2r.d.ts. */
export type StreamSource = HTMLCanvasElement | HTMLVideoElement | MediaStreamTrack | ReadableStream<VideoFrame>;

/** A source's frames, ready to be transferred to a worker. */
export interface SourceFrames {
  frames: ReadableStream<VideoFrame>;
  /** What the source shows now: one that stands still would give no frame. Null when it shows nothing yet. */
  first: VideoFrame | null;
  /** To be called once the frames are read: gives what the source shows now again, where it might have come before that, and alone. */
  again(): void;
  /** Ends what was started here, never what belongs to the caller. */
  stop(): void;
}

/** TypeScript knows it in workers only, where the standard put it; Chromium has it on the page only (DESIGN §10). */
interface TrackProcessor {
  readonly readable: ReadableStream<VideoFrame>;
}
type TrackProcessorConstructor = new (init: { track: MediaStreamTrack }) => TrackProcessor;

/** Elements that can be captured; not every browser has it for video. */
interface Capturable {
  captureStream?(): MediaStream;
}

/** Throws MeshError `bad-input`, `source-ended`, `unsupported-browser`. */
export function openSource(source: StreamSource): SourceFrames {
  if (source instanceof ReadableStream) {
    if (source.locked) throw MeshError.badInput('This stream of frames is being read already. Give a fresh one.');
    return { frames: closingFrames(source), first: null, again: () => {}, stop: () => {} };
  }
  if (source instanceof MediaStreamTrack) return openTrack(source);
  if (source instanceof HTMLCanvasElement || source instanceof HTMLVideoElement) return openElement(source);
  throw MeshError.badInput(
    'A stream wants a canvas, a video element, a MediaStreamTrack or a ReadableStream of VideoFrames.',
  );
}

function openTrack(track: MediaStreamTrack): SourceFrames {
  const repeat = new Repeat(track);
  return { frames: framesOf(track), first: null, again: () => repeat.start(), stop: () => repeat.stop() };
}

/**
 * A tab or window where nothing moves gives no frame by itself, and the one that every new reader is given may pass while the stream
 * is on its way to its worker, or be asked for before the capture has begun. One more reader makes the browser give it again, to all;
 * others follow it, ever more rarely, until one of them was given a frame.
 */
class Repeat {
  readonly #track: MediaStreamTrack;
  #reader: ReadableStreamDefaultReader<VideoFrame> | null = null;
  #cancelNext = () => {};

  constructor(track: MediaStreamTrack) {
    this.#track = track;
  }

  start(waitMs: number = STREAM.repeatAfterMs): void {
    this.stop();
    if (this.#track.readyState === 'ended') return;
    const reader = framesOf(this.#track).getReader();
    this.#reader = reader;
    this.#cancelNext = systemClock.after(waitMs, () => this.start(Math.min(2 * waitMs, STREAM.repeatAtMostMs)));
    void this.#waitForOne(reader);
  }

  stop(): void {
    this.#cancelNext();
    // Of a track that has failed: there is nothing left to end.
    this.#reader?.cancel().catch(() => {});
    this.#reader = null;
  }

  async #waitForOne(reader: ReadableStreamDefaultReader<VideoFrame>): Promise<void> {
    try {
      (await reader.read()).value?.close();
    } catch {
      // The track failed, as the stream's own reader finds out and tells.
    }
    if (this.#reader === reader) this.stop();
  }
}

function openElement(element: HTMLCanvasElement | HTMLVideoElement): SourceFrames {
  const captured = capture(element);
  const [track, ...others] = captured.getVideoTracks();
  for (const unused of [...others, ...captured.getAudioTracks()]) unused.stop();
  if (!track) throw MeshError.badInput('The video has no picture yet. Wait for its `loadeddata` event.');
  try {
    return { frames: framesOf(track), first: firstFrame(element), again: () => {}, stop: () => track.stop() };
  } catch (cause) {
    track.stop();
    throw cause;
  }
}

function capture(element: HTMLCanvasElement | HTMLVideoElement): MediaStream {
  const { captureStream } = element as Capturable;
  if (!captureStream) throw cannotCapture('captureStream()');
  try {
    return captureStream.call(element);
  } catch (cause) {
    throw new MeshError(
      'bad-input',
      'This element cannot be captured: it shows something of another origin without its permission (CORS), or nothing.',
      { cause },
    );
  }
}

function framesOf(track: MediaStreamTrack): ReadableStream<VideoFrame> {
  if (track.kind !== 'video') throw MeshError.badInput('This track carries sound. Give a video track.');
  if (track.readyState === 'ended') {
    throw new MeshError('source-ended', 'This track has ended already. Start the camera, screen share or video again.');
  }
  const { MediaStreamTrackProcessor } = globalThis as { MediaStreamTrackProcessor?: TrackProcessorConstructor };
  if (!MediaStreamTrackProcessor) throw cannotCapture('MediaStreamTrackProcessor');
  return new MediaStreamTrackProcessor({ track }).readable;
}

/**
 * The same frames, each closed once its copy is on its way: a transferred stream sends clones, and a source whose originals stay
 * open runs dry (a decoder after about ten). The page reads the next frame only when the last one was sent.
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
    // Nothing is shown yet; the first captured frame will be the first.
    return null;
  }
}

function cannotCapture(what: string): MeshError {
  return new MeshError(
    'unsupported-browser',
    `This browser has no ${what}, so frames cannot be taken from here. Use a current Chrome or Edge, or give a ReadableStream of VideoFrames.`,
  );
}
