import type { NetworkShape } from '../../models/manifest.ts';
import { type Convolution, each, eachPlace } from './convolution.ts';

/** Activates the sums and hands them to the next layer. */
export function storeFeatures(convolution: Convolution, { leak }: NetworkShape): string {
  return eachPlace(convolution.tile, (column, row) => {
    const blocks = each(convolution.outBlocks, (n) => {
      const sum = `vec4f(${convolution.sum(column, row, n)})`;
      // The slope is at most 1.
      return `textureStore(result, at, ${n}, max(${sum}, ${leak} * ${sum}));`;
    });
    return `{\nlet at = origin + vec2i(${column}, ${row});\nif (all(at < size)) {\n${blocks}\n}\n}`;
  });
}

/**
 * Shuffles the sums of the last layer into place, adds the bilinear picture, clamps and stores: fused, for a pass of its own would
 * write and read all of the detail, three times what the result takes.
 */
export function storePicture(convolution: Convolution, shape: NetworkShape): string {
  const [across, down] = convolution.tile;
  return [
    eachPlace(
      [across + 2, down + 2],
      (x, y) => `let q${x}_${y} = source_at(origin + vec2i(${x - 1}, ${y - 1}), size);`,
    ),
    // Along x first, since two rows of the result share it.
    eachPlace([2 * across, down + 2], (x, y) => {
      const left = Math.ceil(x / 2);
      return `let h${x}_${y} = mix(q${left}_${y}, q${left + 1}_${y}, ${fraction(x)});`;
    }),
    eachPlace([2 * across, 2 * down], (x, y) => {
      const top = Math.ceil(y / 2);
      const base = `mix(h${x}_${top}, h${x}_${top + 1}, ${fraction(y)})`;
      const at = `origin * 2 + vec2i(${x}, ${y})`;
      return `store_detailed(${at}, ${base}, ${detail(convolution, shape, x, y)});`;
    }),
  ].join('\n');
}

export const STORE_DETAILED = `fn store_detailed(at: vec2i, base: vec4f, detail: vec3f) {
  if (all(at < vec2i(textureDimensions(result)))) {
    store(at, vec4f(clamp(base.rgb + detail, vec3f(0), vec3f(base.a)), base.a));
  }
}`;

/** Of the way from the source pixel before a pixel of the doubled picture to the one after it. */
function fraction(position: number): number {
  return position % 2 === 0 ? 0.75 : 0.25;
}

/** Of pixel x, y of what the tile makes. */
function detail(convolution: Convolution, { outputs }: NetworkShape, x: number, y: number): string {
  const within = (y % 2) * 2 + (x % 2);
  const value = (channel: number) => {
    const sum = convolution.sum(x >> 1, y >> 1, channel >> 2);
    return `f32(${sum}.${'xyzw'[channel % 4]})`;
  };
  if (outputs === 'luma') return `vec3f(${value(within)})`;
  return `vec3f(${[0, 1, 2].map((colour) => value(colour * 4 + within)).join(', ')})`;
}
