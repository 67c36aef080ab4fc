import { processedFrames } from './browser-frames.ts';

/** What can be posted to another thread. */
export type MovedFrames =
  | ReadableStream<VideoFrame>
  /** Where a browser cannot transfer streams (Safari): the frames come through it, one for each that is asked for. */
  | MessagePort
  /** Of which that thread reads the frames itself. */
  | MediaStreamTrack;

/** Messages on the port that stands in for a stream. */
type ToReader = { kind: 'frame'; frame: VideoFrame } | { kind: 'end' } | { kind: 'failed'; why: string };
type ToSource = { kind: 'more' } | { kind: 'cancel' };

/** Result of the feature test, which runs once. */
let isStreamTransferSupported: boolean | undefined;

/** Whether this browser can post a stream to another thread. */
export function canTransferStreams(): boolean {
  isStreamTransferSupported ??= tryTransfer();
  return isStreamTransferSupported;
}

function tryTransfer(): boolean {
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

/** Prepares a stream for `postMessage(moved, [moved])`, once. */
export function movable(
  frames: ReadableStream<VideoFrame>,
  canTransfer = canTransferStreams(),
): ReadableStream<VideoFrame> | MessagePort {
  if (canTransfer) return frames;
  const { port1, port2 } = new MessageChannel();
  sendFrames(frames, port1);
  return port2;
}

/** The frames of what was moved to this thread. Throws MeshError `unsupported-browser` for a track where this thread cannot read it. */
export function adoptFrames(moved: MovedFrames): ReadableStream<VideoFrame> {
  if (moved instanceof ReadableStream) return moved;
  if (moved instanceof MessagePort) return receivedFrames(moved);
  return endingTrack(moved);
}

/** Sends one frame for each that the other end of the port asks for, and closes its own. */
export function sendFrames(frames: ReadableStream<VideoFrame>, port: MessagePort): void {
  const reader = frames.getReader();
  const tell = (message: ToReader, transfer: Transferable[] = []) => port.postMessage(message, transfer);
  const sendNext = async () => {
    try {
      const { done, value } = await reader.read();
      if (done) tell({ kind: 'end' });
      else tell({ kind: 'frame', frame: value }, [value]);
    } catch (cause) {
      tell({ kind: 'failed', why: cause instanceof Error ? cause.message : String(cause) });
    }
  };
  port.onmessage = ({ data }: MessageEvent<ToSource>) => {
    if (data.kind === 'more') void sendNext();
    else {
      port.close();
      // Rejects if the source failed: there is nothing left to cancel.
      reader.cancel().catch(() => {});
    }
  };
}

/** The reading end of {@link sendFrames}. */
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
  return new ReadableStream<VideoFrame>(
    {
      async pull(controller) {
        const { done, value } = await reader.read();
        if (done) controller.close();
        else controller.enqueue(value);
      },
      async cancel() {
        track.stop();
        await reader.cancel();
      },
    },
    { highWaterMark: 0 },
  );
}
