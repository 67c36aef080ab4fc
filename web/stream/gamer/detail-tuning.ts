import type { Quality } from '../../../shared/tasks/upscale.ts';

/** How the detail of a quality is used, and what it gains. */
interface QualityTuning {
  /** Share of the detail that is added: today's networks overdo it. */
  weight: number;
  /** What the quality gains where nothing is coded, dB of luma PSNR over bicubic: on this machine. */
  gainHereDb: number;
  /** What its detail gains at a bitrate of the way back, by rising rate; the way there had twice as much. */
  gains: readonly { kbps: number; db: number }[];
}

/** Codes by which a codec may miss no detail at all. */
export const DEAD_ZONE_CODES = 1;

/** Measured by `bench -- glass`. */
const TUNING: Readonly<Record<Quality, QualityTuning>> = {
  bilinear: { weight: 0, gainHereDb: -0.5, gains: [] },
  bicubic: { weight: 0, gainHereDb: 0, gains: [] },
  spatial: { weight: 0.7, gainHereDb: 0.1, gains: [{ kbps: 500, db: 0 }] },
  fast: {
    weight: 0.7,
    gainHereDb: 0.8,
    gains: [
      { kbps: 500, db: 0.3 },
      { kbps: 1_000, db: 0.6 },
      { kbps: 2_000, db: 0.8 },
    ],
  },
  balanced: {
    weight: 0.7,
    gainHereDb: 1,
    gains: [
      { kbps: 500, db: 0.4 },
      { kbps: 1_000, db: 0.7 },
      { kbps: 2_000, db: 1 },
    ],
  },
  quality: {
    weight: 0.7,
    gainHereDb: 1.1,
    gains: [
      { kbps: 500, db: 0.5 },
      { kbps: 1_000, db: 0.9 },
      { kbps: 2_000, db: 1.3 },
    ],
  },
};

/** Share of the detail of this quality that is added. */
export function detailWeight(quality: Quality): number {
  return TUNING[quality].weight;
}

/** What a quality is expected to gain on this machine, dB over bicubic. */
export function gainHereDb(quality: Quality): number {
  return TUNING[quality].gainHereDb;
}

/** What a volunteer's detail is expected to gain, dB over bicubic, at this bitrate of the way back. */
export function detailGainDb(quality: Quality, downlinkKbps: number): number {
  const { gains } = TUNING[quality];
  const above = gains.findIndex(({ kbps }) => kbps >= downlinkKbps);
  const [lower, upper] = above < 0 ? [gains.at(-1), gains.at(-1)] : [gains[above - 1], gains[above]];
  if (!upper) return 0;
  // Below the lowest measured rate it falls to nothing.
  const { kbps, db } = lower ?? { kbps: 0, db: 0 };
  const share = upper.kbps === kbps ? 1 : (downlinkKbps - kbps) / (upper.kbps - kbps);
  return db + Math.min(1, share) * (upper.db - db);
}
