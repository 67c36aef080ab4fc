import { CanvasTexture, LinearMipmapNearestFilter, RepeatWrapping, SRGBColorSpace, type Texture } from 'three';
import { MeshError } from '../../../shared/errors.ts';

export type Painter = CanvasRenderingContext2D | OffscreenCanvasRenderingContext2D;

export const SANS = 'system-ui, "Segoe UI", Roboto, "DejaVu Sans", sans-serif';
export const MONO = 'ui-monospace, Menlo, Consolas, "DejaVu Sans Mono", monospace';

/**
 * A repeating texture painted in code, so that the game needs no files.
 *
 * @param anisotropy - samples along the view: worth their cost only on what is seen at a flat angle.
 */
export function paintedTexture(
  width: number,
  height: number,
  paint: (painter: Painter) => void,
  { anisotropy = 1 } = {},
): Texture {
  const canvas = new OffscreenCanvas(width, height);
  const painter = canvas.getContext('2d');
  if (!painter) {
    throw new MeshError(
      'unsupported-browser',
      'This browser cannot paint in a worker. Update it, or use a recent Chrome.',
    );
  }
  paint(painter);
  const texture = new CanvasTexture(canvas);
  texture.colorSpace = SRGBColorSpace;
  texture.wrapS = RepeatWrapping;
  texture.wrapT = RepeatWrapping;
  // Mixing two mip levels, and 4 samples along the view on road and ground, doubled the time of a frame in software WebGL.
  texture.minFilter = LinearMipmapNearestFilter;
  texture.anisotropy = anisotropy;
  return texture;
}
