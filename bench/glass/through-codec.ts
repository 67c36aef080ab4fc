import { seededRandom } from '../../shared/seeded-random.ts';
import { FrameDecoder } from '../../web/stream/codec/frame-decoder.ts';
import { encodeDetail, FrameEncoder, type FrameEncoderSettings } from '../../web/stream/codec/frame-encoder.ts';

/** An encoder that has given nothing for this long has skipped the frame to keep its bitrate. */
const SKIPPED_AFTER_MS = 250;
/** Frames an encoder may hold, if it is slow. */
const MAX_QUEUED = 3;
/** A codec that gives nothing for this long is stuck. */
const STUCK_AFTER_MS = 20_000;
/** What WebRTC puts into a datagram. A frame is lost with any of its datagrams: the video channel sends none again. */
const DATAGRAM_BYTES = 1_200;

/** One direction of a stream. */
export interface CodedWay extends FrameEncoderSettings {
  /** Share of the datagrams that are lost, 0..1; none by default. */
  loss?: number;
  /** Whether it carries detail. */
  isDetail?: boolean;
}

/** What one direction of a stream sent. */
export interface Traffic {
  bytes: number;
  keyframeBytes: number;
  /** Frames that came out of the decoder. */
  decoded: number;
  /** How long the encoder took for each frame, ms. */
  encodeMs: number[];
}

export const newTraffic = (): Traffic => ({ bytes: 0, keyframeBytes: 0, decoded: 0, encodeMs: [] });

/**
 * Sends frames through the encoder and the decoder of a stream, and gives those that come out, with their timestamps; the receiver closes
 * them. Frames go in as fast as the codec takes them: their timestamps are what its rate control sees. After a loss nothing comes out until
 * the keyframe that the decoder asks for, as in a stream.
 *
 * @param frames - are closed here; `traffic` is added to.
 */
export async function* throughCodec(
  frames: AsyncIterable<VideoFrame>,
  { loss = 0, isDetail = false, ...settings }: CodedWay,
  traffic: Traffic,
): AsyncGenerator<VideoFrame> {
  const decoded: VideoFrame[] = [];
  const random = seededRandom(1);
  let [sent, answered] = [0, 0];
  /** Time of the clip, by which the decoder spaces its requests. */
  let clipMs = 0;
  let failure: unknown = null;
  let wake = () => {};
  const fail = (cause: unknown) => {
    failure ??= cause;
    wake();
  };
  const decoder = new FrameDecoder<null>(settings.codec, settings, () => clipMs, {
    onFrame: (frame) => {
      answered++;
      traffic.decoded++;
      decoded.push(frame);
      wake();
    },
    onUndecoded: (_, cause) => {
      answered++;
      if (loss === 0) fail(new Error(`A packet was not decoded: ${cause}.`));
    },
    onKeyframeNeeded: () => encoder.requestKeyframe(),
    onError: fail,
    onOversized: fail,
  });
  const encoder = new FrameEncoder<number>(settings, {
    onPacket: (packet, startedMs) => {
      const { byteLength } = packet.data;
      traffic.encodeMs.push(performance.now() - startedMs);
      traffic.bytes += byteLength;
      if (packet.keyframe) traffic.keyframeBytes += byteLength;
      if (random() < (1 - loss) ** Math.ceil(byteLength / DATAGRAM_BYTES)) {
        sent++;
        decoder.decode(packet, null);
      }
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
      clipMs = frame.timestamp / 1_000;
      if (isDetail) encodeDetail(encoder, settings.codec, frame, performance.now());
      else encoder.encode(frame, performance.now());
      frame.close();
      await until(() => encoder.queued === 0 && answered === sent, SKIPPED_AFTER_MS);
      await until(() => encoder.queued < MAX_QUEUED && answered === sent, STUCK_AFTER_MS);
      yield* decoded.splice(0);
    }
    await until(() => encoder.queued === 0 && answered === sent, 4 * SKIPPED_AFTER_MS);
    yield* decoded.splice(0);
  } finally {
    encoder.dispose();
    decoder.dispose();
    for (const frame of decoded) frame.close();
  }
}
