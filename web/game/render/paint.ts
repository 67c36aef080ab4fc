import { CanvasTexture, Color, LinearMipmapNearestFilter, RepeatWrapping, SRGBColorSpace, type Texture } from 'three';
import { lacking } from '../../../shared/browser-needs.ts';

/** Night colours of the game: as CSS for painted textures, through {@link tint} for vertex colours. */
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

/** A CSS colour as linear red, green and blue, for vertex colours. */
export function tint(css: string, brightness = 1): Tint {
  const { r, g, b } = new Color(css);
  return [r * brightness, g * brightness, b * brightness];
}

export type Canvas2D = CanvasRenderingContext2D | OffscreenCanvasRenderingContext2D;

export const SANS = 'system-ui, "Segoe UI", Roboto, "DejaVu Sans", sans-serif';
export const MONO = 'ui-monospace, Menlo, Consolas, "DejaVu Sans Mono", monospace';

/**
 * Paints a repeating texture in code, so that the game needs no image files.
 *
 * @param anisotropy - samples along the view; worth their cost only on surfaces seen at a flat angle
 */
export function paintedTexture(
  width: number,
  height: number,
  paint: (context: Canvas2D) => void,
  { anisotropy = 1 } = {},
): Texture {
  const canvas = new OffscreenCanvas(width, height);
  const context = canvas.getContext('2d');
  if (!context) {
    throw lacking('workerDrawing');
  }
  paint(context);
  const texture = new CanvasTexture(canvas);
  texture.colorSpace = SRGBColorSpace;
  texture.wrapS = RepeatWrapping;
  texture.wrapT = RepeatWrapping;
  // Trilinear filtering and 4 anisotropic samples on road and ground doubled the frame time in software WebGL.
  texture.minFilter = LinearMipmapNearestFilter;
  texture.anisotropy = anisotropy;
  return texture;
}
