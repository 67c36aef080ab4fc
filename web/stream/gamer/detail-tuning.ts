import type { DetailCoding } from '../../../shared/detail.ts';
import type { Quality } from '../../../shared/tasks/upscale.ts';

/**
 * What `bench -- glass` and `bench -- glass-tune` found: with SuperTuxKart (a game that chose among the trained networks, but trained none) and the
 * built-in game (which had no part in either), at the browser's own realtime codecs. docs/streams.md has the figures.
 */

/** Bitrate of the way back below which the gain is lowered, kb/s: codecs would spend more than they are told. */
const LOW_RATE_KBPS = 750;
const GAIN = { atLowRate: 1.5, otherwise: 2 } as const;
/** Smaller differences are seldom right, and invisible; steps of 255. */
const SENDER_DEAD_ZONE = 1;
/** Codes up to which detail is a codec's noise. */
export const DEAD_ZONE_CODES = 4;

/**
 * Share of the detail that is added: networks were trained with sharp sources and overdo it with soft ones, where a larger share would be worse
 * than none.
 */
const WEIGHT = { min: 0.3, max: 0.85, unknown: 0.5 } as const;
/** Sharpness (source-sharpness.ts) up to which the smallest weight is right, and weight for each unit beyond it. */
const SOFT = 1.1;
const WEIGHT_BY_SHARPNESS = 0.8;

/** What a quality gains over bicubic, dB of luma PSNR. */
interface Gain {
  /** Where nothing is coded: on this machine. */
  hereDb: number;
  /** By its detail, at bitrates of the way back by rising rate; the way there had twice as much. */
  detail: readonly { kbps: number; db: number }[];
}

const GAINS: Readonly<Record<Quality, Gain>> = {
  bilinear: { hereDb: -0.5, detail: [] },
  bicubic: { hereDb: 0, detail: [] },
  spatial: { hereDb: 0.7, detail: [] },
  fast: { hereDb: 1.8, detail: atRates(0.24, 0.49, 0.85) },
  balanced: { hereDb: 2.1, detail: atRates(0.3, 0.59, 1.01) },
  quality: { hereDb: 2.3, detail: atRates(0.32, 0.64, 1.07) },
};

function atRates(at500: number, at1000: number, at2000: number): Gain['detail'] {
  return [
    { kbps: 500, db: at500 },
    { kbps: 1_000, db: at1000 },
    { kbps: 2_000, db: at2000 },
  ];
}

/** How detail is coded for this bitrate of the way back. */
export function detailCoding(downlinkKbps: number): DetailCoding {
  const gain = downlinkKbps < LOW_RATE_KBPS ? GAIN.atLowRate : GAIN.otherwise;
  return { base: 'bicubic', gain, deadZone: SENDER_DEAD_ZONE };
}

/** Share of the detail that is added to a source of this sharpness; null where it is not known. */
export function detailWeight(sharpness: number | null): number {
  if (sharpness === null) return WEIGHT.unknown;
  return Math.min(WEIGHT.max, Math.max(WEIGHT.min, WEIGHT.min + WEIGHT_BY_SHARPNESS * (sharpness - SOFT)));
}

/** What a quality is expected to gain on this machine, dB over bicubic. */
export function gainHereDb(quality: Quality): number {
  return GAINS[quality].hereDb;
}

/** What a volunteer's detail is expected to gain at this bitrate of the way back, dB over bicubic. */
export function detailGainDb(quality: Quality, downlinkKbps: number): number {
  const { detail } = GAINS[quality];
  const above = detail.findIndex(({ kbps }) => kbps >= downlinkKbps);
  const upper = above < 0 ? detail.at(-1) : detail[above];
  if (!upper) return 0;
  // Below the lowest measured rate it falls to nothing.
  const lower = above < 0 ? upper : (detail[above - 1] ?? { kbps: 0, db: 0 });
  const share = upper.kbps === lower.kbps ? 1 : (downlinkKbps - lower.kbps) / (upper.kbps - lower.kbps);
  return lower.db + share * (upper.db - lower.db);
}
