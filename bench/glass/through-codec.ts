import { FrameDecoder } from '../../web/stream/codec/frame-decoder.ts';
import { FrameEncoder, type FrameEncoderSettings } from '../../web/stream/codec/frame-encoder.ts';

/** An encoder that has given nothing for this long has skipped the frame to keep its bitrate. */
const SKIPPED_AFTER_MS = 250;
/** Frames an encoder may hold, if it is slow. */
const MAX_QUEUED = 3;
/** A codec that gives nothing for this long is stuck. */
const STUCK_AFTER_MS = 20_000;

/** What one direction of a stream sent. */
export interface Traffic {
  bytes: number;
  keyframeBytes: number;
  /** How long the encoder took for each frame, ms. */
  encodeMs: number[];
}

export const newTraffic = (): Traffic => ({ bytes: 0, keyframeBytes: 0, encodeMs: [] });

/**
 * Sends frames through the encoder and the decoder of a stream, and gives those that come out, with their timestamps; the receiver closes
 * them. Frames go in as fast as the codec takes them: their timestamps are what its rate control sees.
 *
 * @param frames - are closed here.
 * @param traffic - is added to.
 */
export async function* throughCodec(
  frames: AsyncIterable<VideoFrame>,
  settings: FrameEncoderSettings,
  traffic: Traffic,
): AsyncGenerator<VideoFrame> {
  const decoded: VideoFrame[] = [];
  let [sent, received] = [0, 0];
  let failure: unknown = null;
  let wake = () => {};
  const fail = (cause: unknown) => {
    failure ??= cause;
    wake();
  };
  const decoder = new FrameDecoder<null>(settings.codec, settings, () => performance.now(), {
    onFrame: (frame) => {
      received++;
      decoded.push(frame);
      wake();
    },
    onUndecoded: (_, cause) => fail(new Error(`A packet was not decoded: ${cause}.`)),
    onKeyframeNeeded: () => {},
    onError: fail,
    onMisfit: fail,
  });
  const encoder = new FrameEncoder<number>(settings, {
    onPacket: (packet, startedMs) => {
      sent++;
      traffic.encodeMs.push(performance.now() - startedMs);
      traffic.bytes += packet.data.byteLength;
      if (packet.keyframe) traffic.keyframeBytes += packet.data.byteLength;
      decoder.decode(packet, null);
      wake();
    },
    onSkipped: () => wake(),
    onError: fail,
  });
  const until = async (isDone: () => boolean, limitMs: number) => {
    const endMs = performance.now() + limitMs;
    while (!isDone() && failure === null && performance.now() < endMs) {
      await new Promise<void>((resolve) => {
        wake = resolve;
        setTimeout(resolve, endMs - performance.now());
      });
    }
    if (failure !== null) throw failure;
  };
  try {
    for await (const frame of frames) {
      encoder.encode(frame, performance.now());
      frame.close();
      await until(() => encoder.queued === 0 && received === sent, SKIPPED_AFTER_MS);
      await until(() => encoder.queued < MAX_QUEUED && received === sent, STUCK_AFTER_MS);
      yield* decoded.splice(0);
    }
    await until(() => encoder.queued === 0 && received === sent, 4 * SKIPPED_AFTER_MS);
    yield* decoded.splice(0);
  } finally {
    encoder.dispose();
    decoder.dispose();
    for (const frame of decoded) frame.close();
  }
}
