import { decoderConfig, encoderConfig } from '../../web/stream/codec/codecs.ts';
import { cropped, halved, loadPicture, pixelsOf } from './pictures.ts';

/** A small picture and what it should become. */
export interface Example {
  name: string;
  small: ImageData;
  truth: ImageData;
}

/** Addresses of a still's two pictures. */
export interface Still {
  name: string;
  truth: string;
  aliased: string;
}

export type Examples = AsyncGenerator<Example, { kbps: number } | undefined>;

/** How the small picture is made: the mean of every 2x2 pixels, or one sample of each, as games render. */
export type Input = 'box' | 'aliased';

async function load({ name, truth: url, aliased }: Still, input: Input): Promise<Example> {
  const truth = await loadPicture(url);
  return { name, small: input === 'box' ? halved(truth) : await loadPicture(aliased), truth };
}

/** The stills as they are. */
export async function* stillExamples(stills: readonly Still[], input: Input): Examples {
  for (const still of stills) yield load(still, input);
  return undefined;
}

/** A still moves on a circle, some pixels a frame, so that the codec predicts its last frame from others. Sizes are those of the small picture. */
const PAN = { frames: 24, margin: 16, radius: 12 };

/** The last frame of each still, moved by a few pixels a frame and coded. The bitrate is for the whole picture; cropping reduces it. */
export async function* pannedExamples(stills: readonly Still[], input: Input, kbps: number): Examples {
  let spentKbps = 0;
  for (const still of stills) {
    const { name, small, truth } = await load(still, input);
    const [width, height] = [small.width - 2 * PAN.margin, small.height - 2 * PAN.margin];
    const places = Array.from({ length: PAN.frames }, (_, frame) => {
      const angle = (2 * Math.PI * frame) / PAN.frames;
      const left = PAN.margin + Math.round(PAN.radius * Math.cos(angle));
      return { left, top: PAN.margin + Math.round(PAN.radius * Math.sin(angle)), width, height };
    });
    const share = (width * height) / (small.width * small.height);
    const frames = places.map((place) => cropped(small, place));
    const coded = await throughH264(frames, Math.round(kbps * share));
    spentKbps += coded.kbps / share / stills.length;
    const last = coded.decoded.at(-1);
    const place = places[last?.index ?? 0];
    if (!last || !place) throw new Error(`No frame of ${name} came through the codec.`);
    const twice = { left: place.left * 2, top: place.top * 2, width: width * 2, height: height * 2 };
    yield { name, small: last.image, truth: cropped(truth, twice) };
  }
  return { kbps: spentKbps };
}

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
