import { BufferGeometry, Float32BufferAttribute } from 'three';
import type { Tint } from './paint.ts';

export interface Point {
  x: number;
  y: number;
  z: number;
}

/** A rectangle of a texture, 0 to 1, origin at the lower left. */
export interface Patch {
  left: number;
  bottom: number;
  right: number;
  top: number;
}

/** For geometry without a texture, or on the plain part of a texture. */
export const NO_PATCH: Patch = { left: 0, bottom: 0, right: 0, top: 0 };

/** Collects coloured, textured polygons in one geometry, since a draw call costs more than its triangles here. */
export class MeshBuilder {
  readonly #positions: number[] = [];
  readonly #uvs: number[] = [];
  readonly #colours: number[] = [];
  readonly #indices: number[] = [];

  /** Corners counter-clockwise from the lower left as seen from the front. */
  quad(corners: readonly [Point, Point, Point, Point], patch: Patch, lower: Tint, upper: Tint = lower): void {
    const first = this.#positions.length / 3;
    const { left, bottom, right, top } = patch;
    this.#uvs.push(left, bottom, right, bottom, right, top, left, top);
    corners.forEach((corner, index) => {
      this.#positions.push(corner.x, corner.y, corner.z);
      this.#colours.push(...(index < 2 ? lower : upper));
    });
    this.#indices.push(first, first + 1, first + 2, first, first + 2, first + 3);
  }

  triangle(corners: readonly [Point, Point, Point], colour: Tint): void {
    const first = this.#positions.length / 3;
    for (const { x, y, z } of corners) {
      this.#positions.push(x, y, z);
      this.#uvs.push(0, 0);
      this.#colours.push(...colour);
    }
    this.#indices.push(first, first + 1, first + 2);
  }

  /** An upright box, shaded by face direction as if lit by the sky. */
  box(low: Point, high: Point, colour: Tint): void {
    const faces = boxFaces(low, high);
    for (const { corners, light } of faces) {
      this.quad(corners, NO_PATCH, [colour[0] * light, colour[1] * light, colour[2] * light]);
    }
  }

  build(): BufferGeometry {
    const geometry = new BufferGeometry();
    geometry.setAttribute('position', new Float32BufferAttribute(this.#positions, 3));
    geometry.setAttribute('uv', new Float32BufferAttribute(this.#uvs, 2));
    geometry.setAttribute('color', new Float32BufferAttribute(this.#colours, 3));
    geometry.setIndex(this.#indices);
    return geometry;
  }
}

interface BoxFace {
  corners: [Point, Point, Point, Point];
  light: number;
  /** Size of the face in metres. */
  width: number;
  height: number;
  isTop: boolean;
}

/** Four walls and the roof; the bottom is never visible. */
export function boxFaces(low: Point, high: Point): BoxFace[] {
  const at = (x: number, y: number, z: number): Point => ({ x, y, z });
  const { x: x0, y: y0, z: z0 } = low;
  const { x: x1, y: y1, z: z1 } = high;
  const [wide, tall, deep] = [x1 - x0, y1 - y0, z1 - z0];
  const face = (corners: BoxFace['corners'], light: number, width: number, height: number, isTop = false) => ({
    corners,
    light,
    width,
    height,
    isTop,
  });
  return [
    face([at(x0, y0, z1), at(x1, y0, z1), at(x1, y1, z1), at(x0, y1, z1)], 0.85, wide, tall),
    face([at(x1, y0, z0), at(x0, y0, z0), at(x0, y1, z0), at(x1, y1, z0)], 0.7, wide, tall),
    face([at(x1, y0, z1), at(x1, y0, z0), at(x1, y1, z0), at(x1, y1, z1)], 1, deep, tall),
    face([at(x0, y0, z0), at(x0, y0, z1), at(x0, y1, z1), at(x0, y1, z0)], 0.55, deep, tall),
    face([at(x0, y1, z1), at(x1, y1, z1), at(x1, y1, z0), at(x0, y1, z0)], 0.4, wide, deep, true),
  ];
}

/** Collects coloured lines. They are one pixel wide at any distance: the finest detail in the picture. */
export class LineBuilder {
  readonly #positions: number[] = [];
  readonly #colours: number[] = [];

  line(from: Point, to: Point, colour: Tint): void {
    this.#positions.push(from.x, from.y, from.z, to.x, to.y, to.z);
    this.#colours.push(...colour, ...colour);
  }

  build(): BufferGeometry {
    const geometry = new BufferGeometry();
    geometry.setAttribute('position', new Float32BufferAttribute(this.#positions, 3));
    geometry.setAttribute('color', new Float32BufferAttribute(this.#colours, 3));
    return geometry;
  }
}
