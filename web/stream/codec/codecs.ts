import type { DetailCoding } from '../../../shared/detail.ts';
import { logger } from '../../../shared/log.ts';
import type { StreamSetup } from '../../../shared/messages.ts';
import { STREAM_LIMITS } from '../../../shared/protocol-limits.ts';
import type { PictureSize } from '../../../shared/tasks/upscale-size.ts';
import { startMediaSystem } from '../../compute/media-system.ts';
import { DEFAULT_BITRATE_KBPS } from '../settings.ts';
import { measureCosts, rankByGain, TRIAL_SIZE } from './codec-probe.ts';

const log = logger('stream.codec');

/** Video codecs by their names in `Capabilities.codecs` and `StreamSetup.codec`. */
const CODECS = ['h264', 'vp8', 'vp9', 'av1'] as const;
export type Codec = (typeof CODECS)[number];

/** A stream's setup whose codec and base are known. */
export type CheckedSetup = StreamSetup & { codec: Codec; detail: DetailCoding | null };

/** Size for querying support before a stream's own is known: 640x360, the usual source, upscaled twofold. */
const PROBE_SIZE: PictureSize = { width: 1280, height: 720 };

/**
 * By what the shown picture gains at the bitrates that a link carries, best first (`npm run bench -- glass`): AV1 and VP9 keep to them, while the
 * browser's H.264 spends several times as much on detail.
 */
const BY_GAIN: readonly Codec[] = ['av1', 'vp9', 'h264', 'vp8'];
/**
 * Software codecs in the order that holds where measured costs are about equal, and where a busy machine measured none: VP8 first, since its encoders
 * withhold frames in no browser, as H.264's do in Firefox. A 720p clip of a game took 5.5 + 1.6 ms a frame
 * to encode and decode in H.264, 8.5 + 3.6 in VP8, 11.5 + 2.7 in VP9 (Chromium 156, two cores).
 */
const BY_COST: readonly Codec[] = ['vp8', 'h264', 'vp9', 'av1'];

/** H.264 levels 3.1, 4.0, 5.1 and 6.0 by their largest picture in macroblocks of 16x16 (ITU-T H.264, table A-1). */
const H264_LEVELS = [
  { maxMacroblocks: 3_600, hex: '1f' },
  { maxMacroblocks: 8_192, hex: '28' },
  { maxMacroblocks: 36_864, hex: '33' },
  { maxMacroblocks: 139_264, hex: '3c' },
] as const;

/** Configuration for live encoding: no frame waits for a later one, and each input frame gives one packet. */
export function encoderConfig(
  codec: Codec,
  { width, height }: PictureSize,
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
    // Annex B carries parameter sets in the stream, so that a keyframe is all a decoder needs.
    ...(codec === 'h264' && { avc: { format: 'annexb' } }),
  };
}

export function decoderConfig(codec: Codec, { width, height }: PictureSize): VideoDecoderConfig {
  return {
    codec: codecString(codec, { width, height }),
    codedWidth: width,
    codedHeight: height,
    optimizeForLatency: true,
  };
}

/** A codec that this browser both encodes and decodes. */
export interface RankedCodec {
  codec: Codec;
  /** Whether the browser has a hardware encoder for it. */
  isInHardware: boolean;
}

/** The codecs that this browser both encodes and decodes, best first, as {@link measuredCodecs} ranks them. */
export async function rankedCodecs(): Promise<Codec[]> {
  return (await measuredCodecs()).map(({ codec }) => codec);
}

/**
 * Codecs that this browser both encodes and decodes, best first: hardware encoders, then software codecs that this machine affords, both by what a
 * picture gains by them, then the others by measured cost. Measured once a thread, at the first call, which takes at most `CODEC_PROBE_MS`. Empty without WebCodecs.
 */
export function measuredCodecs(): Promise<RankedCodec[]> {
  ranking ??= rankCodecs();
  return ranking;
}

let ranking: Promise<RankedCodec[]> | undefined;

/** Whether this browser can encode frames of size `sent` and decode frames of size `received`. */
export async function isCodecUsable(codec: Codec, sent: PictureSize, received: PictureSize): Promise<boolean> {
  const [encodes, decodes] = await Promise.all([
    isSupported(() => VideoEncoder.isConfigSupported(encoderConfig(codec, sent, STREAM_LIMITS.defaultFps, 1_000))),
    isSupported(() => VideoDecoder.isConfigSupported(decoderConfig(codec, received))),
  ]);
  return encodes && decodes;
}

/** Codecs that both ends have, by the sum of their ranks. Ties follow our order: the gamer's machine is usually the weaker one. */
export function commonCodecs(ours: readonly Codec[], theirs: readonly string[]): Codec[] {
  const rank = (codec: Codec) => ours.indexOf(codec) + theirs.indexOf(codec);
  return ours.filter((codec) => theirs.includes(codec)).sort((a, b) => rank(a) - rank(b));
}

export function isCodec(name: string): name is Codec {
  return (CODECS as readonly string[]).includes(name);
}

async function rankCodecs(): Promise<RankedCodec[]> {
  const { inHardware, inSoftware } = await supportedCodecs();
  const trials = inSoftware.map((codec) => ({
    name: codec,
    encoder: encoderConfig(codec, TRIAL_SIZE, STREAM_LIMITS.defaultFps, DEFAULT_BITRATE_KBPS),
    decoder: decoderConfig(codec, TRIAL_SIZE),
  }));
  const costs = await measureCosts(trials, () => performance.now());
  const ranked = [
    ...inHardware.map((codec) => ({ codec, isInHardware: true })),
    ...rankByGain(inSoftware, BY_COST, costs).map((codec) => ({ codec, isInHardware: false })),
  ];
  log.info(
    'ranked',
    Object.fromEntries(ranked.map(({ codec, isInHardware }) => [codec, isInHardware ? 'hardware' : 'software'])),
  );
  return ranked;
}

async function supportedCodecs(): Promise<{ inHardware: Codec[]; inSoftware: Codec[] }> {
  const support = await codecSupport();
  const byGain = (isInHardware: boolean) =>
    BY_GAIN.filter((codec) =>
      support.some(
        ({ encodes, decodes, ...answer }) =>
          answer.codec === codec && encodes && decodes && (encodes === 'hardware') === isInHardware,
      ),
    );
  return { inHardware: byGain(true), inSoftware: byGain(false) };
}

/** How this browser encodes and decodes a codec; null: not at all. */
export interface CodecSupport {
  codec: Codec;
  encodes: 'hardware' | 'software' | null;
  decodes: 'hardware' | 'software' | null;
}

/** What this browser says of each codec, without measuring anything; an empty list without WebCodecs. */
export async function codecSupport(): Promise<CodecSupport[]> {
  if (typeof VideoEncoder !== 'function' || typeof VideoDecoder !== 'function') return [];
  startMediaSystem();
  return Promise.all(
    CODECS.map(async (codec) => {
      const encoder = encoderConfig(codec, PROBE_SIZE, STREAM_LIMITS.defaultFps, DEFAULT_BITRATE_KBPS);
      const decoder = decoderConfig(codec, PROBE_SIZE);
      const [encodes, decodes] = await Promise.all([
        meansOf((preference) => VideoEncoder.isConfigSupported({ ...encoder, ...preference })),
        meansOf((preference) => VideoDecoder.isConfigSupported({ ...decoder, ...preference })),
      ]);
      return { codec, encodes, decodes };
    }),
  );
}

async function meansOf(
  query: (preference: { hardwareAcceleration?: 'prefer-hardware' }) => Promise<{ supported?: boolean }>,
): Promise<'hardware' | 'software' | null> {
  const [isUsable, isInHardware] = await Promise.all([
    isSupported(() => query({})),
    isSupported(() => query({ hardwareAcceleration: 'prefer-hardware' })),
  ]);
  if (!isUsable) return null;
  return isInHardware ? 'hardware' : 'software';
}

async function isSupported(query: () => Promise<{ supported?: boolean }>): Promise<boolean> {
  try {
    return (await query()).supported === true;
  } catch {
    // A browser may throw for a codec name it does not know.
    return false;
  }
}

function codecString(codec: Codec, size: PictureSize): string {
  if (codec === 'h264') return `avc1.42e0${h264Level(size)}`;
  // Profile 0, 8 bits, level 5.1, which covers every size of a stream.
  if (codec === 'vp9') return 'vp09.00.51.08';
  if (codec === 'av1') return 'av01.0.13M.08';
  return 'vp8';
}

function h264Level({ width, height }: PictureSize): string {
  const macroblocks = Math.ceil(width / 16) * Math.ceil(height / 16);
  return H264_LEVELS.find(({ maxMacroblocks }) => macroblocks <= maxMacroblocks)?.hex ?? '3e';
}
