import { MAX_DETAIL_CODES } from '../../../shared/detail.ts';
import { MeshError } from '../../../shared/errors.ts';
import { TILE_SIDE } from './still-tiles.ts';

/** One triangle that covers the canvas. */
const VERTICES = `#version 300 es
void main() {
  gl_Position = vec4(vec2(gl_VertexID & 1, gl_VertexID >> 1) * 4.0 - 1.0, 0.0, 1.0);
}`;

/** 1 for each tile of two pictures in which a pixel differs (still-tiles.ts). */
const CHANGES = `#version 300 es
precision highp float;
precision highp int;
uniform sampler2D source;
uniform sampler2D other;
out vec4 changed;

void main() {
  ivec2 first = ivec2(gl_FragCoord.xy) * ${TILE_SIDE};
  ivec2 end = min(first + ${TILE_SIDE}, textureSize(source, 0));
  bool differs = false;
  for (int y = first.y; y < end.y; y++) {
    for (int x = first.x; x < end.x; x++) {
      differs = differs || texelFetch(source, ivec2(x, y), 0) != texelFetch(other, ivec2(x, y), 0);
    }
  }
  changed = vec4(differs ? 1.0 : 0.0);
}`;

/**
 * Cubic convolution with a = -0.5, as in web/compute/reference/bicubic.ts, and detail. Positions in whole numbers: in floating point a centre that
 * falls on a source pixel could be rounded to either side.
 */
const COMPOSE = `#version 300 es
precision highp float;
precision highp int;
precision highp usampler2D;
uniform sampler2D source;
uniform usampler2D codes;
uniform sampler2D changes;
uniform ivec2 resultSize;
// What one code adds, 8-bit levels. 0: there is no detail.
uniform float stepsPerCode;
uniform int deadZone;
uniform float maxSteps;
uniform bool isOfOther;
out vec4 color;

vec4 weights(float t) {
  return vec4(
    ((-0.5 * t + 1.0) * t - 0.5) * t,
    (1.5 * t - 2.5) * t * t + 1.0,
    ((-1.5 * t + 2.0) * t + 0.5) * t,
    (0.5 * t - 0.5) * t * t
  );
}

vec3 pixel(int x, int y, ivec2 last) {
  return texelFetch(source, clamp(ivec2(x, y), ivec2(0), last), 0).rgb;
}

vec3 row(ivec2 at, int y, vec4 across, ivec2 last) {
  return pixel(at.x - 1, y, last) * across.x + pixel(at.x, y, last) * across.y +
    pixel(at.x + 1, y, last) * across.z + pixel(at.x + 2, y, last) * across.w;
}

bool isStill(ivec2 at, ivec2 last) {
  ivec2 tile = clamp(at, ivec2(0), last) / ${TILE_SIDE};
  ivec2 lastTile = last / ${TILE_SIDE};
  for (int y = max(tile.y - 1, 0); y <= min(tile.y + 1, lastTile.y); y++) {
    for (int x = max(tile.x - 1, 0); x <= min(tile.x + 1, lastTile.x); x++) {
      if (texelFetch(changes, ivec2(x, y), 0).r > 0.5) return false;
    }
  }
  return true;
}

void main() {
  // WebGL counts lines from the bottom.
  ivec2 position = ivec2(int(gl_FragCoord.x), resultSize.y - 1 - int(gl_FragCoord.y));
  ivec2 size = textureSize(source, 0);
  ivec2 last = size - 1;
  ivec2 numerator = (2 * position + 1) * size + resultSize;
  ivec2 denominator = 2 * resultSize;
  ivec2 whole = numerator / denominator;
  ivec2 at = whole - 1;
  vec2 fraction = vec2(numerator - whole * denominator) / vec2(denominator);
  vec4 across = weights(fraction.x);
  vec4 down = weights(fraction.y);
  vec3 sum = row(at, at.y - 1, across, last) * down.x + row(at, at.y, across, last) * down.y +
    row(at, at.y + 1, across, last) * down.z + row(at, at.y + 2, across, last) * down.w;
  // A cubic rings at edges.
  vec3 base = clamp(sum, 0.0, 1.0);
  if (stepsPerCode > 0.0) {
    int distance = clamp(int(texelFetch(codes, position, 0).r) - 128, -${MAX_DETAIL_CODES}, ${MAX_DETAIL_CODES});
    // Whole steps, as in composition.ts: so the bound is exact.
    float steps = clamp(floor(float(distance) * stepsPerCode + 0.5), -maxSteps, maxSteps);
    if (abs(distance) > deadZone && (!isOfOther || isStill(at, last))) base += steps / 255.0;
  }
  color = vec4(clamp(base, 0.0, 1.0), 1.0);
}`;

/** A compiled shader, and its uniforms by name. */
export class GlProgram {
  readonly #gl: WebGL2RenderingContext;
  readonly #program: WebGLProgram;
  readonly #places = new Map<string, WebGLUniformLocation | null>();

  private constructor(gl: WebGL2RenderingContext, fragments: string) {
    this.#gl = gl;
    this.#program = gl.createProgram();
    for (const [type, source] of [
      [gl.VERTEX_SHADER, VERTICES],
      [gl.FRAGMENT_SHADER, fragments],
    ] as const) {
      const shader = gl.createShader(type);
      if (!shader) throw contextLost();
      gl.shaderSource(shader, source);
      gl.compileShader(shader);
      gl.attachShader(this.#program, shader);
      // Lives as long as the program.
      gl.deleteShader(shader);
    }
    gl.linkProgram(this.#program);
    if (gl.isContextLost()) throw contextLost();
    if (!gl.getProgramParameter(this.#program, gl.LINK_STATUS)) {
      const why = gl.getProgramInfoLog(this.#program) ?? '';
      throw new MeshError(
        'unsupported-browser',
        `This GPU's driver does not compile the composition (${why}). Update it.`,
      );
    }
  }

  static changes(gl: WebGL2RenderingContext): GlProgram {
    return new GlProgram(gl, CHANGES);
  }

  static compose(gl: WebGL2RenderingContext): GlProgram {
    return new GlProgram(gl, COMPOSE);
  }

  use(): void {
    this.#gl.useProgram(this.#program);
  }

  /** Lets a sampler of this program, which must be in use, read a texture. */
  setTexture(name: string, unit: number, texture: WebGLTexture): void {
    this.#gl.activeTexture(this.#gl.TEXTURE0 + unit);
    this.#gl.bindTexture(this.#gl.TEXTURE_2D, texture);
    this.#gl.uniform1i(this.place(name), unit);
  }

  place(name: string): WebGLUniformLocation | null {
    const known = this.#places.get(name);
    if (known !== undefined) return known;
    const place = this.#gl.getUniformLocation(this.#program, name);
    this.#places.set(name, place);
    return place;
  }
}

export function contextLost(): MeshError {
  return new MeshError(
    'device-lost',
    'The browser took the GPU away from this page. Another way of composing takes over.',
  );
}
