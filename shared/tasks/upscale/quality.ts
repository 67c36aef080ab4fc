/** Qualities that are a formula: every machine has them, at any ratio. */
export const FILTERS = ['bilinear', 'spatial'] as const;
export type Filter = (typeof FILTERS)[number];

/** Qualities that are a network, the cheapest first: they double a picture, and a filter makes of that whatever size is wanted. */
export const NETWORKS = ['fast', 'balanced', 'quality'] as const;
export type Network = (typeof NETWORKS)[number];

/** Every quality the SDK names, the cheapest first. */
export const QUALITIES = [...FILTERS, ...NETWORKS] as const;
export type Quality = (typeof QUALITIES)[number];

/** `aliased`: each pixel is one sample, as games render without anti-aliasing. `smooth`: an average of the pixel, as in films and photos. */
export const INPUT_KINDS = ['smooth', 'aliased'] as const;
export type InputKind = (typeof INPUT_KINDS)[number];

export interface UpscaleParams {
  width: number;
  height: number;
  outWidth: number;
  outHeight: number;
  quality: Quality;
  /** Told for a part of a picture, which alone would not show it; else whoever computes looks. */
  input?: InputKind;
}

export function isNetwork(quality: Quality): quality is Network {
  return NETWORKS.some((name) => name === quality);
}
