import type { DetailCoding } from '../../../shared/detail.ts';
import { isNetwork, NETWORKS, type Quality } from '../../../shared/tasks/upscale.ts';

/**
 * What `bench -- glass` and `bench -- glass-tune` found at the browser's own realtime codecs. The gains are of Neverball, one of the games by which the networks
 * were validated, and of a clip whose truth is soft itself; what is shown beside a picture of this machine's own, and of soft sources, was chosen for the
 * previous networks, with SuperTuxKart and the built-in game too, and suits these. docs/streams.md has the figures of a game that chose nothing.
 */

/** Bitrate of the way back below which the code scale is lowered, kb/s: codecs would spend more than they are told. */
const LOW_RATE_KBPS = 750;
/** Codes for one 8-bit level (`DetailCoding.gain`). */
const CODE_SCALE = { atLowRate: 1.5, otherwise: 2 } as const;
/** Smaller differences are seldom right, and invisible; 8-bit levels. */
const SENDER_DEAD_ZONE = 1;
/** Codes up to which detail is a codec's noise. */
export const DEAD_ZONE_CODES = 4;

/**
 * Sharpness (source-sharpness.ts) up to which a source counts as soft, and the share of what a network finds that is right there: networks were
 * trained with sharp sources and overdo it with soft ones, where all of it is worse than none.
 */
const SOFT = { sharpness: 0.53, share: 0.3 } as const;
/** What is added to the share for each unit of sharpness beyond it. */
const SHARE_BY_SHARPNESS = 8;
/** Sharpness of a source that was not measured, or has no edges: between the two. */
const UNKNOWN_SHARPNESS = 0.56;
/** Largest weight of detail: it comes from coded frames, so it is less certain than what this machine finds in the raw ones. */
const MAX_DETAIL_WEIGHT = 0.85;

/** How the two sources of detail go together. */
export interface Blend {
  /** Share of the picture that this machine sharpened; the rest is the enlarged one, with the volunteer's detail. */
  localPictureShare: number;
  /** Share of the volunteer's detail. */
  detailWeight: number;
  /** Distance of a code from no detail up to which it adds nothing. */
  deadZoneCodes: number;
}

/**
 * Weights of the local picture and the volunteer's detail when both exist, by the quality of the local picture. Both find much the same. The picture of a network here is better than detail that a codec has
 * coarsened; that of a filter is not.
 */
const BLEND_WEIGHTS: Readonly<Record<Quality, { localPictureShare: number; detailWeight: number }>> = {
  bilinear: { localPictureShare: 0, detailWeight: 1 },
  bicubic: { localPictureShare: 0, detailWeight: 1 },
  spatial: { localPictureShare: 0.4, detailWeight: 1 },
  fast: { localPictureShare: 0.8, detailWeight: 0.35 },
  balanced: { localPictureShare: 0.8, detailWeight: 0.3 },
  quality: { localPictureShare: 0.8, detailWeight: 0.2 },
  ultra: { localPictureShare: 0.8, detailWeight: 0.2 },
};

/** What a quality gains over bicubic, dB of luma PSNR: here on stills of the three validation games, by detail the mean of the two clips. */
interface QualityGain {
  /** Where nothing is coded: on this machine. */
  hereDb: number;
  /** By its detail, at bitrates of the way back by rising rate; the way there had twice as much. */
  detail: readonly { kbps: number; db: number }[];
}

const QUALITY_GAINS: Readonly<Record<Quality, QualityGain>> = {
  bilinear: { hereDb: -0.5, detail: [] },
  bicubic: { hereDb: 0, detail: [] },
  spatial: { hereDb: 0.7, detail: [] },
  fast: { hereDb: 1.9, detail: atRates(0.58, 0.89, 1.18) },
  balanced: { hereDb: 2.4, detail: atRates(0.67, 1.03, 1.37) },
  quality: { hereDb: 2.7, detail: atRates(0.71, 1.04, 1.41) },
  ultra: { hereDb: 3, detail: atRates(0.72, 1.08, 1.45) },
};

/** Gain that detail and a filter of this machine have in common, dB: together they gain this much less than the sum of both. */
const FILTER_OVERLAP_DB = 0.37;
/** Share of the gain of detail alone that is left beside a network of this machine, by how many networks the volunteer's is better. */
const RESIDUAL_GAIN = [0, 0, 0.1, 0.1] as const;

function atRates(at500: number, at1000: number, at2000: number): QualityGain['detail'] {
  return [
    { kbps: 500, db: at500 },
    { kbps: 1_000, db: at1000 },
    { kbps: 2_000, db: at2000 },
  ];
}

/** How detail is coded for this bitrate of the way back. */
export function detailCoding(downlinkKbps: number): DetailCoding {
  const gain = downlinkKbps < LOW_RATE_KBPS ? CODE_SCALE.atLowRate : CODE_SCALE.otherwise;
  return { base: 'bicubic', gain, deadZone: SENDER_DEAD_ZONE };
}

/**
 * How a frame is put together.
 *
 * @param local - quality of the picture of it that this machine sharpened; null without one.
 * @param sharpness - of the source; null if it is not known.
 */
export function blendOf(local: Quality | null, hasDetail: boolean, sharpness: number | null): Blend {
  const beyondSoft = (sharpness ?? UNKNOWN_SHARPNESS) - SOFT.sharpness;
  const share = Math.min(1, Math.max(SOFT.share, SOFT.share + SHARE_BY_SHARPNESS * beyondSoft));
  const weights = BLEND_WEIGHTS[local ?? 'bicubic'];
  const localPictureShare = hasDetail ? Math.min(share, weights.localPictureShare) : share;
  return {
    localPictureShare: local === null ? 0 : localPictureShare,
    detailWeight: Math.min(MAX_DETAIL_WEIGHT, share) * weights.detailWeight,
    deadZoneCodes: DEAD_ZONE_CODES,
  };
}

/**
 * What a volunteer's detail is expected to add to the local picture, dB of luma PSNR.
 *
 * @param local - quality of this machine's picture; null: it only enlarges.
 * @param quality - the volunteer's.
 * @param downlinkKbps - bitrate of the way back.
 */
export function expectedGainDb(local: Quality | null, quality: Quality, downlinkKbps: number): number {
  const detailDb = detailGainDb(quality, downlinkKbps);
  if (local !== null && isNetwork(local)) {
    const steps = isNetwork(quality) ? NETWORKS.indexOf(quality) - NETWORKS.indexOf(local) : 0;
    return (RESIDUAL_GAIN[Math.max(0, steps)] ?? 0) * detailDb;
  }
  const hereDb = local === null ? 0 : Math.max(0, QUALITY_GAINS[local].hereDb);
  return Math.max(0, detailDb - hereDb, detailDb - (hereDb === 0 ? 0 : FILTER_OVERLAP_DB));
}

/** What detail alone is expected to gain. */
function detailGainDb(quality: Quality, downlinkKbps: number): number {
  const { detail } = QUALITY_GAINS[quality];
  const above = detail.findIndex(({ kbps }) => kbps >= downlinkKbps);
  const upper = above < 0 ? detail.at(-1) : detail[above];
  if (!upper) return 0;
  // Below the lowest measured rate it falls to nothing.
  const lower = above < 0 ? upper : (detail[above - 1] ?? { kbps: 0, db: 0 });
  const share = upper.kbps === lower.kbps ? 1 : (downlinkKbps - lower.kbps) / (upper.kbps - lower.kbps);
  return lower.db + share * (upper.db - lower.db);
}
