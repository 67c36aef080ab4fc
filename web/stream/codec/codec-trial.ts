import { sizeOf } from '../frame-size.ts';

/** How both ends of a codec are set up for a trial. */
export interface TrialConfigs {
  encoder: VideoEncoderConfig;
  decoder: VideoDecoderConfig;
}

/** What a trial came to: ms to encode and decode a frame, or why there is no such figure. */
export type CodecCost = number | 'unmeasured' | 'failed';

/** The first frames of a codec pay for threads, buffers and the keyframe. */
const WARM_UP_FRAMES = 3;

/**
 * Encodes and decodes the frames, each when the last one is through: the delay that it adds to a stream. Ends at the budget with what
 * was measured by then. Never throws.
 */
export async function tryCodec(
  { encoder: encoderConfig, decoder: decoderConfig }: TrialConfigs,
  frames: readonly VideoFrame[],
  now: () => number,
  budgetMs: number,
): Promise<CodecCost> {
  let settle: (end: 'through' | 'failed' | 'late') => void = () => {};
  const timer = setTimeout(() => settle('late'), budgetMs);
  const error = () => settle('failed');
  const decoder = new VideoDecoder({
    output(frame) {
      const { width, height } = sizeOf(frame);
      frame.close();
      settle(width === encoderConfig.width && height === encoderConfig.height ? 'through' : 'failed');
    },
    error,
  });
  const encoder = new VideoEncoder({
    output(chunk) {
      try {
        decoder.decode(chunk);
      } catch {
        settle('failed');
      }
    },
    error,
  });
  const timesMs: number[] = [];
  try {
    encoder.configure(encoderConfig);
    decoder.configure(decoderConfig);
    for (const [index, frame] of frames.entries()) {
      const startMs = now();
      const end = await new Promise<'through' | 'failed' | 'late'>((resolve) => {
        settle = resolve;
        encoder.encode(frame, { keyFrame: index === 0 });
      });
      if (end === 'failed') return 'failed';
      if (end === 'late') break;
      if (index >= WARM_UP_FRAMES) timesMs.push(now() - startMs);
    }
  } catch {
    return 'failed';
  } finally {
    clearTimeout(timer);
    if (encoder.state !== 'closed') encoder.close();
    if (decoder.state !== 'closed') decoder.close();
  }
  return medianOf(timesMs) ?? 'unmeasured';
}

/** A disc and fine grain drift over a slope of light: edges, detail and smooth parts that move, as in a game. */
export function movingFrames(count: number, width: number, height: number, fps: number): VideoFrame[] {
  return Array.from({ length: count }, (_, index) => {
    const lumaBytes = width * height;
    // I420: the colour, with a quarter of the pixels twice, stays grey.
    const data = new Uint8Array(lumaBytes * 1.5).fill(128, lumaBytes);
    for (let y = 0, at = 0; y < height; y++) {
      for (let x = 0; x < width; x++) data[at++] = lumaAt(x + 3 * index, y + index, width, height);
    }
    const timestamp = Math.round((index * 1e6) / fps);
    return new VideoFrame(data, { format: 'I420', codedWidth: width, codedHeight: height, timestamp });
  });
}

function lumaAt(x: number, y: number, width: number, height: number): number {
  const isInDisc = (x - width / 2) ** 2 + (y - height / 2) ** 2 < (height / 3) ** 2;
  const grain = ((x * 7) ^ (y * 13)) & 31;
  return 40 + (x * 80) / width + (isInDisc ? 60 : 0) + grain;
}

/** One that a busy machine interrupted does not count. */
function medianOf(values: number[]): number | undefined {
  return values.sort((a, b) => a - b)[Math.floor(values.length / 2)];
}
