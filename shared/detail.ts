import { QUALITIES, type Quality } from './tasks/upscale.ts';

/**
 * Detail: the luma residual of an enhancement layer (compare LCEVC, ISO/IEC 23094-2). It is what a network adds to the luma of an enlarged picture,
 * sent as the luma plane of a video of its own. The gamer adds it to its own enlargement of its own frame (docs/streams.md).
 */

/** What detail is added to, by the names in `StreamSetup`; each is a filter that every machine computes alike, within one 8-bit level. */
export const DETAIL_BASES = ['bicubic'] as const;
export type DetailBase = (typeof DETAIL_BASES)[number];

/** Detail of the base itself is nothing, and that of a lesser filter would make the picture worse. */
export function isAboveBase(quality: Quality, base: DetailBase): boolean {
  return QUALITIES.indexOf(quality) > QUALITIES.indexOf(base);
}

/** The code of no detail. With chroma of the same value it is a grey picture, which costs a codec next to nothing. */
export const NO_DETAIL_CODE = 128;
/**
 * Largest distance of a code from {@link NO_DETAIL_CODE}: what limited-range luma, 16..235 (ITU-R BT.709, item 4.6), holds on both sides.
 * Other codes come from a codec's overshoot or from a cheat, and count as if they were this far away.
 */
export const MAX_DETAIL_CODES = 107;

/**
 * Most that detail changes a pixel by, 8-bit levels, whatever its codes, gain and weight: an eighth of the range, too little for a volunteer to draw readable text. Few pixels of
 * honest detail reach it, at the hardest edges.
 */
export const MAX_ADDED_LEVELS = 32;

/** How detail is coded. */
export interface DetailCoding {
  base: DetailBase;
  /** Codes for one 8-bit level. */
  gain: number;
  /** Smaller differences, in 8-bit levels, are not sent: they are invisible, and noise costs bits. */
  deadZone: number;
}

/** Limits of the gain: below 1 detail would be rounded away, above 16 clipped at a difference of 7. */
export const DETAIL_GAIN_LIMITS = { min: 1, max: 16 } as const;

/** Largest dead zone, in 8-bit levels: what is smaller than this is hardly visible, what is larger is the detail itself. */
export const MAX_DEAD_ZONE = 8;

/** Luma of sRGB-encoded colours (ITU-R BT.709, item 3.2). */
export const LUMA_WEIGHTS = { red: 0.2126, green: 0.7152, blue: 0.0722 } as const;

/** Luma by {@link LUMA_WEIGHTS}, in the scale of the colours. */
export function lumaOf(red: number, green: number, blue: number): number {
  return LUMA_WEIGHTS.red * red + LUMA_WEIGHTS.green * green + LUMA_WEIGHTS.blue * blue;
}
