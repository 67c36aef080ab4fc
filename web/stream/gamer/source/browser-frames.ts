import { lacking } from '../../../../shared/browser-needs.ts';
import { MeshError } from '../../../../shared/errors.ts';
import { type ShownFrames, shownFrames } from './shown-frames.ts';

// How frames are taken from a track or an element: the one file that knows how browsers differ in this.

/** TypeScript declares it in workers only, where the standard put it; Chromium offers it on the page only. */
interface TrackProcessor {
  readonly readable: ReadableStream<VideoFrame>;
}
type TrackProcessorConstructor = new (init: { track: MediaStreamTrack }) => TrackProcessor;

/** Elements that may be captured; some browsers cannot capture a video element. */
interface Capturable {
  captureStream?(): MediaStream;
}

/**
 * How this page takes frames from a track:
 * - `processor`: by a MediaStreamTrackProcessor on the page (Chromium). The page reads no frame, the worker does;
 * - `worker`: by one in the worker, to which a copy of the track is moved (Safari);
 * - `video`: from a video element that shows the track (Firefox). Each frame costs the page a callback.
 */
export type CaptureMethod = 'processor' | 'worker' | 'video';

/** @param someThreadReadsTracks - whether this page has a MediaStreamTrackProcessor, or else a worker of this browser. */
export function captureMethod(someThreadReadsTracks: boolean): CaptureMethod {
  if (readsTracks()) return 'processor';
  return someThreadReadsTracks && canTransferTracks() ? 'worker' : 'video';
}

/** Whether this thread has a MediaStreamTrackProcessor. */
export function readsTracks(): boolean {
  return trackProcessor() !== undefined;
}

/** Frames of a track, read in this thread. Throws MeshError `unsupported-browser`. */
export function processedFrames(track: MediaStreamTrack): ReadableStream<VideoFrame> {
  const Processor = trackProcessor();
  if (Processor) return new Processor({ track }).readable;
  throw lacking('trackProcessor', 'Reload the page.');
}

/** Frames of a track as a video element shows them. */
export function framesByVideo(track: MediaStreamTrack): ShownFrames {
  const video = Object.assign(document.createElement('video'), { muted: true, playsInline: true });
  video.srcObject = new MediaStream([track]);
  // Rejects when the stream is closed before its first picture.
  video.play().catch(() => {});
  const released = () => {
    video.srcObject = null;
  };
  return shownFrames(video, { endsWith: track, released });
}

/** A track of what an element shows. Throws MeshError `bad-input`, `unsupported-browser`. */
export function trackOf(element: HTMLCanvasElement | HTMLVideoElement): MediaStreamTrack {
  const { captureStream } = element as Capturable;
  if (!captureStream) {
    throw lacking('canvasCapture');
  }
  const captured = capture(element, captureStream);
  const [track, ...others] = captured.getVideoTracks();
  for (const unused of [...others, ...captured.getAudioTracks()]) unused.stop();
  if (!track) throw MeshError.badInput(noPicture(element));
  return track;
}

function noPicture(element: HTMLCanvasElement | HTMLVideoElement): string {
  const isSoundAlone = element instanceof HTMLVideoElement && element.readyState >= HTMLMediaElement.HAVE_METADATA;
  return isSoundAlone
    ? 'The video has no picture that this browser can decode. Pass one in H.264, VP8, VP9 or AV1.'
    : 'The video has no picture yet. Wait for its `loadeddata` event.';
}

function capture(element: HTMLElement, captureStream: () => MediaStream): MediaStream {
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

function trackProcessor(): TrackProcessorConstructor | undefined {
  return (globalThis as { MediaStreamTrackProcessor?: TrackProcessorConstructor }).MediaStreamTrackProcessor;
}

/** Tried with a track of an empty canvas: only by trying can a page tell. */
function canTransferTracks(): boolean {
  const [track] = document.createElement('canvas').captureStream?.(0).getVideoTracks() ?? [];
  if (!track) return false;
  const { port1, port2 } = new MessageChannel();
  try {
    // Moved where that is possible, so that nothing is left to stop.
    port1.postMessage(track, [track as unknown as Transferable]);
    return true;
  } catch {
    track.stop();
    return false;
  } finally {
    port1.close();
    port2.close();
  }
}
