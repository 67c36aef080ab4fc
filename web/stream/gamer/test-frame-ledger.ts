/**
 * Counts the VideoFrames of this thread that nobody closed. Tracks every frame that is constructed, cloned, decoded or read from a
 * stream. Must be imported before any frame is made. To be polled: in the same page, streams of a test file before may be making their last frames.
 */
const frames = new Set<VideoFrame>();

export function openFrames(): number {
  // A closed frame has no format.
  for (const frame of frames) if (frame.format === null) frames.delete(frame);
  return frames.size;
}

/** Forgets the frames that are open, such as those of a test file before in the same page, which may be closed late. */
export function forgetOpenFrames(): void {
  frames.clear();
}

function track<Value>(value: Value): Value {
  if (value instanceof PlainVideoFrame) frames.add(value);
  return value;
}

const PlainVideoFrame = VideoFrame;
globalThis.VideoFrame = new Proxy(PlainVideoFrame, {
  construct: (target, parameters) => track(Reflect.construct(target, parameters)),
});

const { clone } = PlainVideoFrame.prototype;
PlainVideoFrame.prototype.clone = function (this: VideoFrame) {
  return track(clone.call(this));
};

globalThis.VideoDecoder = new Proxy(VideoDecoder, {
  construct: (target, [{ output, error }]: [VideoDecoderInit]) =>
    Reflect.construct(target, [{ output: (frame: VideoFrame) => output(track(frame)), error }]),
});

const { read } = ReadableStreamDefaultReader.prototype;
ReadableStreamDefaultReader.prototype.read = async function (this: ReadableStreamDefaultReader) {
  const result = await read.call(this);
  track(result.value);
  return result;
};
