/**
 * Counts what a worker holds that is not freed by itself: VideoFrames that nobody closed, GPU buffers and textures that nobody
 * destroyed. Imported into a worker that runs already: what was made before is not counted.
 */

/** @type {Set<VideoFrame>} */
const frames = new Set();
const gpu = { buffers: 0, textures: 0 };

export function held() {
  for (const frame of frames) {
    // A closed frame has no format any more.
    if (frame.format === null) frames.delete(frame);
  }
  return { frames: frames.size, ...gpu };
}

/** @template Value @param {Value} value @returns {Value} */
function note(value) {
  if (value instanceof PlainVideoFrame) frames.add(value);
  return value;
}

const PlainVideoFrame = VideoFrame;
globalThis.VideoFrame = new Proxy(PlainVideoFrame, {
  construct: (target, parameters) => note(Reflect.construct(target, parameters)),
});

const { clone } = PlainVideoFrame.prototype;
PlainVideoFrame.prototype.clone = function () {
  return note(clone.call(this));
};

globalThis.VideoDecoder = new Proxy(VideoDecoder, {
  construct: (target, [{ output, error }]) =>
    Reflect.construct(target, [{ output: (/** @type {VideoFrame} */ frame) => output(note(frame)), error }]),
});

const { read } = ReadableStreamDefaultReader.prototype;
ReadableStreamDefaultReader.prototype.read = async function () {
  const result = await read.call(this);
  note(result.value);
  return result;
};

if (typeof GPUDevice === 'function') {
  count(GPUDevice.prototype, 'createBuffer', GPUBuffer.prototype, 'buffers');
  count(GPUDevice.prototype, 'createTexture', GPUTexture.prototype, 'textures');
}

/**
 * @template {string} Method
 * @param {Record<Method, (descriptor: never) => object>} maker
 * @param {Method} method
 * @param {{ destroy(): undefined }} made
 * @param {'buffers' | 'textures'} what
 */
function count(maker, method, made, what) {
  const { destroy } = made;
  const make = maker[method];
  /** @type {WeakSet<object>} counted and not destroyed */
  const living = new WeakSet();
  // What nobody destroyed is freed when nobody knows it any more.
  const forgotten = new FinalizationRegistry(() => gpu[what]--);
  maker[method] = function (/** @type {never} */ descriptor) {
    const result = make.call(this, descriptor);
    living.add(result);
    forgotten.register(result, null, result);
    gpu[what]++;
    return result;
  };
  made.destroy = function () {
    if (living.delete(this)) {
      forgotten.unregister(this);
      gpu[what]--;
    }
    return destroy.call(this);
  };
}
