import { STREAM_LIMITS } from '../../../shared/protocol-limits.ts';
import { DEFAULT_BITRATE_KBPS } from '../settings.ts';
import { measureCosts, rankByCost, TRIAL_SIZE } from './codec-probe.ts';

/** Video codecs by the names that travel in `Capabilities.codecs` and `StreamSetup.codec`. */
const CODECS = ['h264', 'vp8', 'vp9', 'av1'] as const;
export type Codec = (typeof CODECS)[number];

export interface CodecSize {
  width: number;
  height: number;
}

/** The size a browser is asked about before a stream's own is known: the usual result of 640x360 times two. */
const PROBE_SIZE: CodecSize = { width: 1280, height: 720 };

/**
 * Cheapest first, in software on two cores: 720p of a real game's clip took 5.5 + 1.6 ms to encode and decode in H.264, 8.5 + 3.6 in
 * VP8, 11.5 + 2.7 in VP9 (Chromium 156). What holds for those that this machine cannot tell apart.
 */
const SOFTWARE_ORDER: readonly Codec[] = ['h264', 'vp8', 'vp9', 'av1'];

/** Encoders in hardware nearly always have H.264, and it is the one made for low latency; VP8 is the rarest. */
const HARDWARE_ORDER: readonly Codec[] = ['h264', 'av1', 'vp9', 'vp8'];

/** H.264 levels by their largest picture in macroblocks of 16x16 (ITU-T H.264, table A-1): 3.1, 4.0, 5.1, 6.0. */
const H264_LEVELS = [
  { maxMacroblocks: 3_600, hex: '1f' },
  { maxMacroblocks: 8_192, hex: '28' },
  { maxMacroblocks: 36_864, hex: '33' },
  { maxMacroblocks: 139_264, hex: '3c' },
] as const;

/** Encodes for a live viewer: no frame waits for a later one, and one frame in is one frame out. */
export function encoderConfig(
  codec: Codec,
  { width, height }: CodecSize,
  fps: number,
  kbps: number,
): VideoEncoderConfig {
  return {
    codec: codecString(codec, { width, height }),
    width,
    height,
    framerate: fps,
    bitrate: kbps * 1000,
    latencyMode: 'realtime',
    // Parameter sets inside the stream: a keyframe is all a decoder needs.
    ...(codec === 'h264' && { avc: { format: 'annexb' } }),
  };
}

export function decoderConfig(codec: Codec, { width, height }: CodecSize): VideoDecoderConfig {
  return {
    codec: codecString(codec, { width, height }),
    codedWidth: width,
    codedHeight: height,
    optimizeForLatency: true,
  };
}

/**
 * Codecs this browser both encodes and decodes, best first: those its hardware encodes, then those in software, the cheapest first.
 * Measured once in each thread, at the first call, which takes {@link STREAM.codecProbeMs} at most. Empty where there is no WebCodecs.
 */
export function rankedCodecs(): Promise<Codec[]> {
  ranking ??= rankCodecs();
  return ranking;
}

let ranking: Promise<Codec[]> | undefined;

/** Can this browser encode `sent` and decode `received` with it? */
export async function isCodecUsable(codec: Codec, sent: CodecSize, received: CodecSize): Promise<boolean> {
  const [encodes, decodes] = await Promise.all([
    isSupported(() => VideoEncoder.isConfigSupported(encoderConfig(codec, sent, STREAM_LIMITS.defaultFps, 1_000))),
    isSupported(() => VideoDecoder.isConfigSupported(decoderConfig(codec, received))),
  ]);
  return encodes && decodes;
}

/** Codecs both ends have, those that both like first; a tie goes to ours, who does the same two jobs on a weaker machine. */
export function commonCodecs(ours: readonly Codec[], theirs: readonly string[]): Codec[] {
  const rank = (codec: Codec) => ours.indexOf(codec) + theirs.indexOf(codec);
  return ours.filter((codec) => theirs.includes(codec)).sort((a, b) => rank(a) - rank(b));
}

export function isCodec(name: string): name is Codec {
  return (CODECS as readonly string[]).includes(name);
}

async function rankCodecs(): Promise<Codec[]> {
  const { inHardware, inSoftware } = await askForCodecs();
  const trials = inSoftware.map((codec) => ({
    name: codec,
    encoder: encoderConfig(codec, TRIAL_SIZE, STREAM_LIMITS.defaultFps, DEFAULT_BITRATE_KBPS),
    decoder: decoderConfig(codec, TRIAL_SIZE),
  }));
  const costs = await measureCosts(trials, () => performance.now());
  return [...inHardware, ...rankByCost(inSoftware, costs)];
}

async function askForCodecs(): Promise<{ inHardware: Codec[]; inSoftware: Codec[] }> {
  if (typeof VideoEncoder !== 'function' || typeof VideoDecoder !== 'function') {
    return { inHardware: [], inSoftware: [] };
  }
  const asked = await Promise.all(
    CODECS.map(async (codec) => ({
      codec,
      isUsable: await isCodecUsable(codec, PROBE_SIZE, PROBE_SIZE),
      isInHardware: await isSupported(() =>
        VideoEncoder.isConfigSupported({
          ...encoderConfig(codec, PROBE_SIZE, STREAM_LIMITS.defaultFps, DEFAULT_BITRATE_KBPS),
          hardwareAcceleration: 'prefer-hardware',
        }),
      ),
    })),
  );
  const inOrder = (order: readonly Codec[], isInHardware: boolean) =>
    order.filter((codec) =>
      asked.some((answer) => answer.codec === codec && answer.isUsable && answer.isInHardware === isInHardware),
    );
  return { inHardware: inOrder(HARDWARE_ORDER, true), inSoftware: inOrder(SOFTWARE_ORDER, false) };
}

async function isSupported(ask: () => Promise<{ supported?: boolean }>): Promise<boolean> {
  try {
    return (await ask()).supported === true;
  } catch {
    // A browser that does not know the codec's name may throw instead of saying no.
    return false;
  }
}

function codecString(codec: Codec, size: CodecSize): string {
  if (codec === 'h264') return `avc1.42e0${h264Level(size)}`;
  // Profile 0, 8 bits, at level 5.1, which covers every size a stream may have.
  if (codec === 'vp9') return 'vp09.00.51.08';
  if (codec === 'av1') return 'av01.0.13M.08';
  return 'vp8';
}

function h264Level({ width, height }: CodecSize): string {
  const macroblocks = Math.ceil(width / 16) * Math.ceil(height / 16);
  return H264_LEVELS.find(({ maxMacroblocks }) => macroblocks <= maxMacroblocks)?.hex ?? '3e';
}
