import { Color } from 'three';

/** Night colours of the game, as CSS for what is painted and as {@link tint} for what is lit by itself. */
export const PALETTE = {
  skyTop: '#04060f',
  skyMiddle: '#150f3d',
  skyLow: '#5a1f78',
  horizon: '#ff5f8f',
  fog: '#24124a',
  asphalt: '#1b1e2b',
  ground: '#0a0b1c',
  cyan: '#37e6ff',
  magenta: '#ff3fa4',
  amber: '#ffb43a',
  lime: '#b6ff4d',
  white: '#f4f7ff',
  steel: '#7c86a8',
  ink: '#070812',
} as const;

export type Tint = readonly [red: number, green: number, blue: number];

/** A CSS colour as linear red, green, blue, which is what vertex colours are made of. */
export function tint(css: string, brightness = 1): Tint {
  const { r, g, b } = new Color(css);
  return [r * brightness, g * brightness, b * brightness];
}
