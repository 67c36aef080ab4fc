/**
 * What `spatial` was tuned to, on eight frames of four games at 2x: 0.9 to 3.1 dB above bilinear where the small picture is
 * anti-aliased, 0.5 to 1.0 dB below it where it has one sample a pixel, whose stairs get crisp too. More sharpness wins nothing on the
 * former and loses more on the latter. The kernels have the same numbers: the browser tests hold the two together.
 */
export const SPATIAL = {
  /** Window of the kernel, as 1 over its squared radius: 2 pixels where all is flat, longer along an edge. */
  lobeFlat: 0.5,
  lobeEdge: 0.21,
  /** How much longer the kernel gets along a clear edge: half the scale is twice the length. */
  stretch: 0.5,
  /** Below this a gradient has no direction worth following: less than two steps of 8 bits. */
  flatGradientSquared: 1 / 32768,
  /** Keeps 0 / 0 away: far below one step of 8 bits. */
  tinyStep: 1 / 65536,
  /** How much of what the four neighbours average to is taken away: the crispness. */
  sharpness: 0.6,
  /** How far past its neighbours a sharpened pixel may go, as a share of their contrast: crisp, yet no halo one could see. */
  overshoot: 0.05,
} as const;
