/**
 * Counts this thread's VideoFrames that nobody closed. Every way in which one comes to be here is watched: made, cloned, decoded,
 * read from a stream. To be imported before anything makes one.
 */
const frames = new Set<VideoFrame>();

export function openFrames(): number {
  // A closed frame has no format any more.
  return [...frames].filter((frame) => frame.format !== null).length;
}

function note<Value>(value: Value): Value {
  if (value instanceof PlainVideoFrame) frames.add(value);
  return value;
}

const PlainVideoFrame = VideoFrame;
globalThis.VideoFrame = new Proxy(PlainVideoFrame, {
  construct: (target, parameters) => note(Reflect.construct(target, parameters)),
});

const { clone } = PlainVideoFrame.prototype;
PlainVideoFrame.prototype.clone = function (this: VideoFrame) {
  return note(clone.call(this));
};

globalThis.VideoDecoder = new Proxy(VideoDecoder, {
  construct: (target, [{ output, error }]: [VideoDecoderInit]) =>
    Reflect.construct(target, [{ output: (frame: VideoFrame) => output(note(frame)), error }]),
});

const { read } = ReadableStreamDefaultReader.prototype;
ReadableStreamDefaultReader.prototype.read = async function (this: ReadableStreamDefaultReader) {
  const result = await read.call(this);
  note(result.value);
  return result;
};
