import { onTestFinished, vi } from 'vitest';

/** What {@link holdBackPackets} adds to an encoder. */
interface Held {
  give(): void;
}

/** Makes encoders withhold their packets until they are flushed, for the rest of the test. */
export function holdBackPackets(): void {
  const plain = VideoEncoder;
  const held = new WeakMap<VideoEncoder, Held>();
  const Withholding = new Proxy(VideoEncoder, {
    construct(target, [{ output, error }]: [VideoEncoderInit]) {
      let waiting: Parameters<EncodedVideoChunkOutputCallback>[] = [];
      const encoder = Reflect.construct(target, [
        { output: (...given: Parameters<EncodedVideoChunkOutputCallback>) => waiting.push(given), error },
      ]);
      const give = () => {
        const ready = waiting;
        waiting = [];
        for (const given of ready) output(...given);
      };
      held.set(encoder, { give });
      return encoder;
    },
  });
  const { flush } = VideoEncoder.prototype;
  const flushing = vi.spyOn(VideoEncoder.prototype, 'flush').mockImplementation(async function (this: VideoEncoder) {
    await flush.call(this);
    held.get(this)?.give();
  });
  globalThis.VideoEncoder = Withholding;
  onTestFinished(() => {
    globalThis.VideoEncoder = plain;
    flushing.mockRestore();
  });
}
