import type { Vec3 } from '../vec3.ts';

export interface CameraParams {
  position: Vec3;
  target: Vec3;
  /** From the bottom of the picture to its top. */
  fovDeg: number;
}

/** Directions of a pinhole camera's rays: y is up, and where it looks straight along y, z is. */
export class Camera {
  readonly position: Vec3;
  readonly forward: Vec3;
  /** To the right and down, over half the picture. */
  readonly right: Vec3;
  readonly down: Vec3;
  readonly #width: number;
  readonly #height: number;

  constructor({ position, target, fovDeg }: CameraParams, width: number, height: number) {
    const forward = unit([target[0] - position[0], target[1] - position[1], target[2] - position[2]]);
    const up: Vec3 = Math.abs(forward[1]) > STEEP ? [0, 0, 1] : [0, 1, 0];
    const right = unit(cross(forward, up));
    const down = cross(forward, right);
    const halfHeight = Math.tan((fovDeg * Math.PI) / 360);
    this.position = position;
    this.forward = forward;
    this.right = scaled(right, (halfHeight * width) / height);
    this.down = scaled(down, halfHeight);
    this.#width = width;
    this.#height = height;
  }

  /** Through a point of the picture, in pixels from its top left corner. */
  direction(x: number, y: number, out: Float64Array): void {
    const across = (2 * x) / this.#width - 1;
    const along = (2 * y) / this.#height - 1;
    const dx = this.forward[0] + across * this.right[0] + along * this.down[0];
    const dy = this.forward[1] + across * this.right[1] + along * this.down[1];
    const dz = this.forward[2] + across * this.right[2] + along * this.down[2];
    const length = Math.sqrt(dx * dx + dy * dy + dz * dz);
    out[0] = dx / length;
    out[1] = dy / length;
    out[2] = dz / length;
  }
}

/** Nearer to y than a thirtieth of a degree. */
const STEEP = 1 - 1e-7;

function unit([x, y, z]: Vec3): Vec3 {
  const length = Math.hypot(x, y, z);
  return [x / length, y / length, z / length];
}

function cross(a: Vec3, b: Vec3): Vec3 {
  return [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]];
}

function scaled([x, y, z]: Vec3, factor: number): Vec3 {
  return [x * factor, y * factor, z * factor];
}
