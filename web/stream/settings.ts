import { MeshError } from '../../shared/errors.ts';
import { STREAM_LIMITS } from '../../shared/protocol-limits.ts';
import { checkWhere, type Where } from '../../shared/tasks/definition.ts';
import { checkedQuality, QUALITIES, type Quality } from '../../shared/tasks/upscale.ts';
import { MAX_SCALE } from './frame-size.ts';

/** Default uplink bitrate, kb/s: 640x360 H.264 gains hardly anything beyond it. */
export const DEFAULT_BITRATE_KBPS = 6_000;

/**
 * Wait before the local engine or a volunteer is tried again after it failed at a stream. Shared, so that both sides of `auto` recover at
 * the same pace.
 */
export const RETRY_AFTER_MS = 5_000;

/** The best quality of `auto`: each machine goes as far up as it keeps up, to this one only on a hardware GPU. */
const AUTO_BEST: Quality = 'ultra';

/** A quality that the user chose, or `auto`: the best that keeps up on the machine that upscales, whichever that is. */
export type StreamQuality = Quality | 'auto';

/** Options of `GamerClient.openStream` (docs/sdk.md). */
export interface StreamOptions {
  /** 1..4, default 2. */
  scale?: number;
  /**
   * Best quality of the frames. Where it is too slow, still loading or missing, a lower one is used, down to `spatial` (`bicubic` with the
   * transport `picture`), and where a machine is too slow even for that, frames are only enlarged; `stats().quality` reports which. Default `auto`: the best that keeps
   * up, `ultra` only on a hardware GPU. No quality is promised then, so `stats()` explains none that is lower.
   */
  quality?: StreamQuality;
  /** Default 60. */
  maxFps?: number;
  /**
   * `auto`: this machine, and volunteers where they add to it. `volunteers`: volunteers whenever one is ready; until then frames are only enlarged, and
   * `stats().why` says so. `local`: always on this machine. Default: the client's setting.
   */
  where?: Where;
  /** Largest bitrate to each volunteer, kb/s, default 6000. The way back gets half as much for detail, 2.5 times as much for pictures. */
  bitrateKbps?: number;
  /**
   * `detail`, the default: this machine shows its own frame, enlarged, and volunteers send what sharpens it. `picture`: one volunteer sends
   * the whole sharpened picture, which passes two video codecs; for a machine that cannot enlarge frames itself. Fixed for a stream.
   */
  transport?: Transport;
  /** Playout delay: frames by which a picture may be delayed to wait for its detail, 0..2. Default: as few as bring most of the detail. */
  patience?: number;
}

/** What volunteers send: the detail of a frame, or the whole picture. */
const TRANSPORTS = ['detail', 'picture'] as const;
export type Transport = (typeof TRANSPORTS)[number];

/** Largest number of frames by which a picture may wait for its detail: a longer delay is felt in every game. */
export const MAX_PATIENCE = 2;

/** Validated settings of a stream, with defaults applied. */
export interface StreamSettings {
  scale: number;
  quality: StreamQuality;
  maxFps: number;
  where: Where;
  /** Largest bitrate to each volunteer, kb/s. */
  bitrateKbps: number;
  transport: Transport;
  /** Null: chosen by what arrives. */
  patience: number | null;
}

/** Applies defaults and validates. Throws MeshError `bad-input`. */
export function toStreamSettings(options: StreamOptions, defaultWhere: Where): StreamSettings {
  const { scale = STREAM_LIMITS.defaultScale, bitrateKbps = DEFAULT_BITRATE_KBPS } = options;
  checkRange('scale', scale, 1, MAX_SCALE);
  checkRange('bitrateKbps', bitrateKbps, STREAM_LIMITS.minBitrateKbps, STREAM_LIMITS.maxBitrateKbps);
  const { quality = 'auto', maxFps = STREAM_LIMITS.defaultFps, where = defaultWhere } = options;
  const { transport = 'detail', patience } = options;
  if (!TRANSPORTS.includes(transport)) {
    throw MeshError.badInput(`There is no transport '${transport}'. Use one of ${TRANSPORTS.join(', ')}.`);
  }
  checkStreamChanges({ maxFps, where, ...(patience !== undefined && { patience }) });
  return {
    ...{ scale, bitrateKbps, quality: checkedStreamQuality(quality), maxFps, where, transport },
    patience: patience ?? null,
  };
}

/** Validates changes to a running stream. Throws MeshError `bad-input`. */
export function checkStreamChanges(
  options: Pick<StreamOptions, 'quality' | 'maxFps' | 'where' | 'patience'>,
): Partial<StreamSettings> {
  const { quality, maxFps, where, patience } = options;
  if (patience !== undefined && (patience < 0 || patience > MAX_PATIENCE || !Number.isInteger(patience))) {
    throw MeshError.badInput(`patience must be a whole number from 0 to ${MAX_PATIENCE}, not ${patience}.`);
  }
  if (maxFps !== undefined) checkRange('maxFps', maxFps, 1, STREAM_LIMITS.maxFps);
  if (where !== undefined) checkWhere(where);
  return {
    ...(quality !== undefined && { quality: checkedStreamQuality(quality) }),
    ...(maxFps !== undefined && { maxFps }),
    ...(where !== undefined && { where }),
    ...(patience !== undefined && { patience }),
  };
}

/** The best quality that may be used. */
export function bestOf(quality: StreamQuality): Quality {
  return quality === 'auto' ? AUTO_BEST : quality;
}

/** What a machine that composes shows by itself: detail is what a better quality adds to it. */
const OWN_BEST: Quality = 'bicubic';

/** Whether volunteers could add anything: detail of a quality that only enlarges is nothing. */
export function isHelpPossible({ quality, transport }: Pick<StreamSettings, 'quality' | 'transport'>): boolean {
  return transport === 'picture' || QUALITIES.indexOf(bestOf(quality)) > QUALITIES.indexOf(OWN_BEST);
}

function checkedStreamQuality(quality: StreamQuality): StreamQuality {
  return quality === 'auto' ? quality : checkedQuality(quality);
}

function checkRange(name: string, value: number, min: number, max: number): void {
  if (value >= min && value <= max) return;
  throw MeshError.badInput(`${name} must be a number from ${min} to ${max}, not ${value}.`);
}
