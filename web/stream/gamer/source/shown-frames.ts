/** What stands in for a callback in a browser without requestVideoFrameCallback, ms: a picture is copied as often as most sources change. */
const COPY_INTERVAL_MS = 1000 / 30;

/** Older browsers lack it. */
interface FrameCallbacks {
  requestVideoFrameCallback?(callback: (nowMs: number) => void): number;
  cancelVideoFrameCallback?(id: number): void;
}

export interface ShownFrames {
  frames: ReadableStream<VideoFrame>;
  /** Gives the current picture once more. */
  again(): void;
  /** Ends the stream. */
  stop(): void;
}

export interface ShownFramesOptions {
  /** Its `ended` event ends the stream. Default: that of the element. */
  endsWith?: EventTarget;
  /** Called once, when the stream has ended or was cancelled. */
  released?(): void;
}

/**
 * The frames that a video element shows: each one as a VideoFrame of the element or, where a browser cannot make that, of a canvas on which it
 * was drawn. A frame is taken only once the reader waits for one: it misses others, and none is left unclosed when it stops. A browser calls back for
 * pictures that are shown, so a hidden page gives none.
 */
export function shownFrames(
  video: HTMLVideoElement,
  { endsWith = video, released = () => {} }: ShownFramesOptions = {},
): ShownFrames {
  const taker = new FrameTaker(video);
  const watching = new AbortController();
  let stop = () => {};
  let offer: (nowMs: number) => void = () => {};
  /** Ends the wait of the reader; null while it does not wait. */
  let served: (() => void) | null = null;
  const end = () => {
    watching.abort();
    taker.cancel();
    served?.();
    released();
  };
  const frames = new ReadableStream<VideoFrame>(
    {
      start(controller) {
        stop = () => {
          if (watching.signal.aborted) return;
          end();
          controller.close();
        };
        offer = (nowMs) => {
          if (watching.signal.aborted || !served) return;
          const frame = taker.take(nowMs);
          if (!frame) return;
          controller.enqueue(frame);
          served();
          served = null;
        };
        const next = () =>
          taker.onNext((nowMs) => {
            offer(nowMs);
            if (!watching.signal.aborted) next();
          });
        endsWith.addEventListener('ended', stop, { signal: watching.signal });
        next();
      },
      pull: () =>
        new Promise<void>((resolve) => {
          served = resolve;
        }),
      cancel: end,
    },
    { highWaterMark: 0 },
  );
  return { frames, again: () => offer(performance.now()), stop };
}

/** Takes the picture that a video element shows. */
class FrameTaker {
  readonly #video: HTMLVideoElement;
  #context: OffscreenCanvasRenderingContext2D | null = null;
  #cancel = () => {};

  constructor(video: HTMLVideoElement) {
    this.#video = video;
  }

  /** Calls back once, when the element shows its next picture. */
  onNext(shown: (nowMs: number) => void): void {
    const video: FrameCallbacks = this.#video;
    if (video.requestVideoFrameCallback) {
      const id = video.requestVideoFrameCallback(shown);
      this.#cancel = () => video.cancelVideoFrameCallback?.(id);
    } else {
      const timer = setTimeout(() => shown(performance.now()), COPY_INTERVAL_MS);
      this.#cancel = () => clearTimeout(timer);
    }
  }

  cancel(): void {
    this.#cancel();
  }

  /** Null while nothing is shown. */
  take(nowMs: number): VideoFrame | null {
    const timestamp = Math.round(nowMs * 1000);
    if (this.#video.readyState < HTMLMediaElement.HAVE_CURRENT_DATA) return null;
    try {
      return this.#context ? this.#copy(timestamp) : new VideoFrame(this.#video, { timestamp });
    } catch {
      // An element of another origin cannot be copied either.
      return this.#copy(timestamp);
    }
  }

  #copy(timestamp: number): VideoFrame | null {
    const { videoWidth: width, videoHeight: height } = this.#video;
    if (width === 0 || height === 0) return null;
    if (this.#context?.canvas.width !== width || this.#context.canvas.height !== height) {
      this.#context = new OffscreenCanvas(width, height).getContext('2d', { alpha: false });
    }
    if (!this.#context) return null;
    try {
      this.#context.drawImage(this.#video, 0, 0, width, height);
      return new VideoFrame(this.#context.canvas, { timestamp, alpha: 'discard' });
    } catch {
      return null;
    }
  }
}
