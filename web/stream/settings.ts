import { MeshError } from '../../shared/errors.ts';
import { STREAM_LIMITS } from '../../shared/protocol-limits.ts';
import { checkWhere, type Where } from '../../shared/tasks/definition.ts';
import { checkedQuality, type Quality } from '../../shared/tasks/upscale.ts';
import { MAX_SCALE } from './frame-size.ts';

/** Default uplink bitrate, kb/s: 640x360 H.264 gains hardly anything beyond it (the PSNR table in docs/streams.md). */
export const DEFAULT_BITRATE_KBPS = 6_000;

/**
 * Wait before the local engine or a volunteer is tried again after it failed at a stream. Shared, so that both sides of `auto` recover at
 * the same pace.
 */
export const RETRY_AFTER_MS = 5_000;

/** The best quality of `auto`: each machine goes as far up as it keeps up. */
const AUTO_BEST: Quality = 'quality';

/** A quality that the user chose, or `auto`: the best that keeps up on the machine that upscales, whichever that is. */
export type StreamQuality = Quality | 'auto';

/** Options of `GamerClient.openStream` (docs/sdk.md). */
export interface StreamOptions {
  /** 1..4, default 2. */
  scale?: number;
  /**
   * Best quality of the frames. Where it is too slow, still loading or missing, a lower one is used, down to `bicubic`, and where this
   * machine is too slow even for that, frames are shown as they are; `stats().quality` reports which. Default `auto`: the best that keeps
   * up, of all. No quality is promised then, so `stats()` explains none that is lower.
   */
  quality?: StreamQuality;
  /** Default 60. */
  maxFps?: number;
  /**
   * `auto`: the side that shows fresher pictures. `volunteers`: a volunteer whenever one is ready; until then frames are upscaled locally,
   * because the picture must not freeze, and `stats().why` says so. `local`: always on this machine. Default: the client's setting.
   */
  where?: Where;
  /** Largest bitrate to each volunteer, kb/s, default 6000. The way back, with its larger pictures, gets 2.5 times as much. */
  bitrateKbps?: number;
}

/** Validated settings of a stream, with defaults applied. */
export interface StreamSettings {
  scale: number;
  quality: StreamQuality;
  maxFps: number;
  where: Where;
  /** Largest bitrate to each volunteer, kb/s. */
  bitrateKbps: number;
}

/** Applies defaults and validates. Throws MeshError `bad-input`. */
export function toStreamSettings(options: StreamOptions, defaultWhere: Where): StreamSettings {
  const { scale = STREAM_LIMITS.defaultScale, bitrateKbps = DEFAULT_BITRATE_KBPS } = options;
  checkRange('scale', scale, 1, MAX_SCALE);
  checkRange('bitrateKbps', bitrateKbps, STREAM_LIMITS.minBitrateKbps, STREAM_LIMITS.maxBitrateKbps);
  const { quality = 'auto', maxFps = STREAM_LIMITS.defaultFps, where = defaultWhere } = options;
  checkStreamChanges({ maxFps, where });
  return { scale, bitrateKbps, quality: checkedStreamQuality(quality), maxFps, where };
}

/** Validates changes to a running stream. Throws MeshError `bad-input`. */
export function checkStreamChanges(
  options: Pick<StreamOptions, 'quality' | 'maxFps' | 'where'>,
): Partial<StreamSettings> {
  const { quality, maxFps, where } = options;
  if (maxFps !== undefined) checkRange('maxFps', maxFps, 1, STREAM_LIMITS.maxFps);
  if (where !== undefined) checkWhere(where);
  return {
    ...(quality !== undefined && { quality: checkedStreamQuality(quality) }),
    ...(maxFps !== undefined && { maxFps }),
    ...(where !== undefined && { where }),
  };
}

/** The best quality that may be used. */
export function bestOf(quality: StreamQuality): Quality {
  return quality === 'auto' ? AUTO_BEST : quality;
}

function checkedStreamQuality(quality: StreamQuality): StreamQuality {
  return quality === 'auto' ? quality : checkedQuality(quality);
}

function checkRange(name: string, value: number, min: number, max: number): void {
  if (value >= min && value <= max) return;
  throw MeshError.badInput(`${name} must be a number from ${min} to ${max}, not ${value}.`);
}
