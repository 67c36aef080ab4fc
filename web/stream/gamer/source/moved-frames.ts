import { processedFrames } from './browser-frames.ts';

/** What can be posted to another thread. */
export type MovedFrames =
  | ReadableStream<VideoFrame>
  /** The frames come through it, one for each that is asked for: of every stream that a script writes, and of all streams where a browser transfers none (Safari). */
  | MessagePort
  /** Of which that thread reads the frames itself. */
  | MediaStreamTrack;

/** Messages on the port through which frames come. */
type ToReader = { kind: 'frame'; frame: VideoFrame } | { kind: 'end' } | { kind: 'failed'; why: string };
type ToSource = { kind: 'more' } | { kind: 'cancel' };

/** Whether this browser can post a stream to another thread. */
export function canTransferStreams(): boolean {
  const stream = new ReadableStream();
  const { port1, port2 } = new MessageChannel();
  try {
    port1.postMessage(stream, [stream]);
    return true;
  } catch {
    // Throwing is the negative answer.
    return false;
  } finally {
    port1.close();
    port2.close();
  }
}

/** Prepares a stream of the browser's own frames for `postMessage(moved, [moved])`, once. */
export function movable(
  frames: ReadableStream<VideoFrame>,
  canTransfer = canTransferStreams(),
): ReadableStream<VideoFrame> | MessagePort {
  return canTransfer ? frames : movedOneByOne(frames);
}

/**
 * The same for a stream that a script writes. A transferred stream sends clones: the originals stay open, so that a source stalls (a decoder after about
 * ten), and a clone that is on its way when the reader stops is never closed. Here each frame itself is sent, once it is asked for.
 */
export function movedOneByOne(frames: ReadableStream<VideoFrame>): MessagePort {
  const { port1, port2 } = new MessageChannel();
  // Rejects when the reader stops, which ends the source too, and when that fails, which the reader is told.
  frames.pipeTo(writableTo(port1)).catch(() => {});
  return port2;
}

/** The frames of what was moved to this thread. Throws MeshError `unsupported-browser` for a track where this thread cannot read it. */
export function adoptFrames(moved: MovedFrames): ReadableStream<VideoFrame> {
  if (moved instanceof ReadableStream) return moved;
  if (moved instanceof MessagePort) return receivedFrames(moved);
  return endingTrack(moved);
}

/** Ends the source of what was moved to this thread and is not read, or not any more. */
export function releaseFrames(moved: MovedFrames): void {
  // Rejects where it is being read: its reader ends it.
  if (moved instanceof ReadableStream) moved.cancel().catch(() => {});
  else if (moved instanceof MessagePort) moved.postMessage({ kind: 'cancel' } satisfies ToSource);
  else moved.stop();
}

/**
 * Writes frames to the other end of the port, one for each that is asked for there. A frame is written when it was sent, and is closed here
 * then.
 *
 * @param maxWaiting - frames that may wait to be asked for
 */
export function writableTo(port: MessagePort, maxWaiting = 1): WritableStream<VideoFrame> {
  const tell = (message: ToReader, transfer: Transferable[] = []) => port.postMessage(message, transfer);
  let asked = 0;
  let isCancelled = false;
  let wake = () => {};
  return new WritableStream<VideoFrame>(
    {
      start(controller) {
        port.onmessage = ({ data }: MessageEvent<ToSource>) => {
          if (data.kind === 'more') asked++;
          else {
            isCancelled = true;
            port.close();
            controller.error(new Error('The reader has stopped.'));
          }
          wake();
        };
      },
      async write(frame) {
        while (asked === 0 && !isCancelled) {
          await new Promise<void>((resolve) => {
            wake = resolve;
          });
        }
        asked--;
        if (isCancelled) frame.close();
        else tell({ kind: 'frame', frame }, [frame]);
      },
      close: () => tell({ kind: 'end' }),
      abort: (cause) => tell({ kind: 'failed', why: cause instanceof Error ? cause.message : String(cause) }),
    },
    { highWaterMark: maxWaiting },
  );
}

/** The reading end of {@link writableTo}. */
function receivedFrames(port: MessagePort): ReadableStream<VideoFrame> {
  const ask = (message: ToSource) => port.postMessage(message);
  return new ReadableStream<VideoFrame>(
    {
      pull(controller) {
        return new Promise((resolve) => {
          port.onmessage = ({ data }: MessageEvent<ToReader>) => {
            if (data.kind === 'frame') controller.enqueue(data.frame);
            else {
              port.close();
              if (data.kind === 'end') controller.close();
              else controller.error(new Error(data.why));
            }
            resolve();
          };
          ask({ kind: 'more' });
        });
      },
      cancel() {
        // A frame that is on its way is dropped, and must not stay open.
        port.onmessage = ({ data }: MessageEvent<ToReader>) => {
          if (data.kind === 'frame') data.frame.close();
        };
        ask({ kind: 'cancel' });
      },
    },
    { highWaterMark: 0 },
  );
}

/** The frames of a copy that was moved here; it is stopped with them. */
function endingTrack(track: MediaStreamTrack): ReadableStream<VideoFrame> {
  const reader = processedFrames(track).getReader();
  let isCancelled = false;
  return new ReadableStream<VideoFrame>(
    {
      async pull(controller) {
        try {
          const { done, value } = await reader.read();
          // It came just before the end.
          if (isCancelled) value?.close();
          else if (done) controller.close();
          else controller.enqueue(value);
        } catch (cause) {
          track.stop();
          throw cause;
        }
      },
      async cancel() {
        isCancelled = true;
        track.stop();
        await reader.cancel();
      },
    },
    { highWaterMark: 0 },
  );
}
