import { decoderConfig, encoderConfig } from '../../web/stream/codec/codecs.ts';
import { pixelsOf } from './pictures.ts';

const FPS = 30;
/** As many frames as a live stream has on their way; more would only fill the memory. */
const MAX_QUEUED = 4;

interface DecodedFrame {
  /** The frame's index among those that were given to the encoder. */
  index: number;
  image: ImageData;
}

/** Frames as a stream's receiver sees them, at 30 a second in H.264. The encoder may drop some to keep its bitrate. */
export async function throughH264(
  frames: readonly ImageData[],
  kbps: number,
): Promise<{ decoded: DecodedFrame[]; kbps: number }> {
  const [first] = frames;
  if (!first) return { decoded: [], kbps: 0 };
  const { width, height } = first;
  const decoded: DecodedFrame[] = [];
  let sizeBytes = 0;
  let onBroken = (_cause: unknown) => {};
  const broken = new Promise<never>((_, reject) => {
    onBroken = reject;
  });
  const decoder = new VideoDecoder({
    output: (frame) => {
      decoded.push({ index: Math.round((frame.timestamp * FPS) / 1_000_000), image: pixelsOf(frame, width, height) });
      frame.close();
    },
    error: (cause) => onBroken(cause),
  });
  const encoder = new VideoEncoder({
    output: (chunk, metadata) => {
      const colorSpace = metadata?.decoderConfig?.colorSpace;
      if (chunk.type === 'key') {
        decoder.configure({ ...decoderConfig('h264', { width, height }), ...(colorSpace && { colorSpace }) });
      }
      sizeBytes += chunk.byteLength;
      decoder.decode(chunk);
    },
    error: (cause) => onBroken(cause),
  });
  try {
    encoder.configure(encoderConfig('h264', { width, height }, FPS, kbps));
    const encoding = async () => {
      for (const [index, image] of frames.entries()) {
        const timestamp = Math.round((index * 1_000_000) / FPS);
        const frame = new VideoFrame(image.data, { format: 'RGBX', codedWidth: width, codedHeight: height, timestamp });
        encoder.encode(frame, { keyFrame: index === 0 });
        frame.close();
        while (encoder.encodeQueueSize >= MAX_QUEUED) {
          await new Promise((resolve) => encoder.addEventListener('dequeue', resolve, { once: true }));
        }
      }
      await encoder.flush();
      await decoder.flush();
    };
    await Promise.race([encoding(), broken]);
  } finally {
    if (encoder.state !== 'closed') encoder.close();
    if (decoder.state !== 'closed') decoder.close();
  }
  return { decoded, kbps: (sizeBytes * 8 * FPS) / frames.length / 1_000 };
}
