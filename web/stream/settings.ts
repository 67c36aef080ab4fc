import { MeshError } from '../../shared/errors.ts';
import { STREAM_LIMITS } from '../../shared/protocol-limits.ts';
import { checkWhere, type Where } from '../../shared/tasks/definition.ts';
import { checkedQuality, type Quality } from '../../shared/tasks/upscale.ts';
import { STREAM } from './tuning.ts';

/** p2c2r.d.ts. */
export interface StreamOptions {
  /** 1..4, default 2. */
  scale?: number;
  /**
   * The best that frames may have, default `spatial`. Where a network is too slow, still on its way or missing they are made with less, down to
   * `spatial`, and `stats().quality` says with what.
   */
  quality?: Quality;
  /** Default 60. */
  maxFps?: number;
  /**
   * auto: whichever side shows fresher pictures. volunteers: a volunteer whenever one is ready; while there is none frames are
   * sharpened here, since the picture must not freeze, and `stats().why` says so. local: never elsewhere. Default: the client's.
   */
  where?: Where;
  /** Of the way to the volunteer, default 6000; the way back, with its larger pictures, gets 2.5 times as much. */
  bitrateKbps?: number;
}

/** What the user wants of a stream. */
export interface StreamSettings {
  scale: number;
  quality: Quality;
  maxFps: number;
  where: Where;
  /** Of the way to the volunteer. */
  bitrateKbps: number;
}

/** Throws MeshError `bad-input`. */
export function toStreamSettings(options: StreamOptions, defaultWhere: Where): StreamSettings {
  const { scale = STREAM_LIMITS.defaultScale, bitrateKbps = STREAM.defaultBitrateKbps } = options;
  checkRange('scale', scale, 1, STREAM.maxScale);
  checkRange('bitrateKbps', bitrateKbps, STREAM_LIMITS.minBitrateKbps, STREAM_LIMITS.maxBitrateKbps);
  const { quality = 'spatial', maxFps = STREAM_LIMITS.defaultFps, where = defaultWhere } = options;
  checkStreamChanges({ maxFps, where });
  return { scale, bitrateKbps, quality: checkedQuality(quality), maxFps, where };
}

/** What may change while a stream runs. Throws MeshError `bad-input`. */
export function checkStreamChanges(
  options: Pick<StreamOptions, 'quality' | 'maxFps' | 'where'>,
): Partial<StreamSettings> {
  const { quality, maxFps, where } = options;
  if (maxFps !== undefined) checkRange('maxFps', maxFps, 1, STREAM_LIMITS.maxFps);
  if (where !== undefined) checkWhere(where);
  return {
    ...(quality !== undefined && { quality: checkedQuality(quality) }),
    ...(maxFps !== undefined && { maxFps }),
    ...(where !== undefined && { where }),
  };
}

function checkRange(name: string, value: number, min: number, max: number): void {
  if (value >= min && value <= max) return;
  throw MeshError.badInput(`${name} must be a number from ${min} to ${max}, not ${value}.`);
}
