import resultCode from '../../kernels/result.wgsl?raw';
import sourceCode from '../../kernels/source.wgsl?raw';
import type { NetworkShape } from '../../models/manifest.ts';
import { channelBlocks, type Layer } from '../../networks/weights.ts';
import { SOURCES } from '../filter-passes.ts';
import {
  BINDING,
  type Columns,
  Convolution,
  each,
  eachPlace,
  type InBlock,
  type WeightsPlace,
  weightsCode,
} from './convolution.ts';
import { type KernelVariant, WORKGROUP } from './kernel-variant.ts';

export interface LayerPlace {
  /** Whether it reads the source. */
  isFirst: boolean;
  /** Whether it writes the picture. */
  isLast: boolean;
}

/**
 * Generates the shader of one layer. Each thread computes a tile of pixels with all output channels in registers. Threads share nothing but
 * the texture cache, and no thread reads anything twice.
 */
export function layerCode(
  shape: NetworkShape,
  layer: Layer,
  { isFirst, isLast }: LayerPlace,
  variant: KernelVariant,
  space: WeightsPlace['space'],
): string {
  const { precision, format, tile, weightsIn } = variant;
  const columns = isFirst ? sourceColumns(variant) : 4;
  const weights = weightsCode(layer, columns, { weightsIn, space });
  const convolution = new Convolution(layer, variant, weights);
  return [
    precision === 'f16' ? 'enable f16;' : '',
    `alias real3 = vec3<${precision}>;`,
    `alias real4 = vec4<${precision}>;`,
    `alias matrix = mat${columns}x4<${precision}>;`,
    isFirst || isLast ? SOURCES.texture + sourceCode : '',
    isFirst ? '' : `@group(0) @binding(${BINDING.features}) var features: texture_2d_array<f32>;`,
    isLast
      ? resultCode + STORE_DETAILED
      : `@group(0) @binding(${BINDING.result}) var result: texture_storage_2d_array<${format}, write>;`,
    weights.declarations,
    `@compute @workgroup_size(${WORKGROUP.join(', ')})`,
    'fn main(@builtin(global_invocation_id) id: vec3u) {',
    `let size = vec2i(textureDimensions(${isFirst ? 'source' : 'features'}));`,
    `let origin = vec2i(id.xy) * vec2i(${tile.join(', ')});`,
    'if (any(origin >= size)) {\nreturn;\n}',
    convolution.declareSums(),
    isFirst ? readSource(convolution, columns) : readFeatures(convolution, channelBlocks(layer.inputs), variant),
    isLast ? storePicture(convolution, shape) : storeFeatures(convolution, shape),
    '}\n',
  ].join('\n');
}

/**
 * Adds up the features of the previous layer, clamped at the borders. Weights in a buffer are looped over, block by block of the inputs:
 * unrolled, the code of a wide layer would exceed an instruction cache.
 */
export function readFeatures(convolution: Convolution, inBlocks: number, { weightsIn }: KernelVariant): string {
  const [across, down] = convolution.window;
  const blocks = (inBlock: InBlock) =>
    convolution.block(
      eachPlace([across, down], (column, row) => {
        const code = `let v = real4(textureLoad(features, vec2i(x${column}, y${row}), ${inBlock}, 0));`;
        return convolution.add({ column, row, code, values: [{ name: 'v', inBlock }] });
      }),
    );
  return [
    each(across, (n) => `let x${n} = clamp(origin.x + ${n - 1}, 0, size.x - 1);`),
    each(down, (n) => `let y${n} = clamp(origin.y + ${n - 1}, 0, size.y - 1);`),
    weightsIn === 'literals'
      ? each(inBlocks, (n) => `{\n${blocks(n)}\n}`)
      : `for (var b = 0; b < ${inBlocks}; b++) {\n${blocks('b')}\n}`,
  ].join('\n');
}

/** Adds up the source's pixels. Borders repeat the last pixel. */
export function readSource(convolution: Convolution, columns: Columns): string {
  return convolution.block(
    eachPlace(convolution.window, (column, row) => {
      const pixel = `source_at(origin + vec2i(${column - 1}, ${row - 1}), size)`;
      const code = columns === 3 ? `let v = real3(${pixel}.rgb);` : `let v = real4(${pixel});`;
      return convolution.add({ column, row, code, values: [{ name: 'v', inBlock: 0 }] });
    }),
  );
}

/** Columns of the weight matrices for {@link readSource}. In a buffer every matrix has four, and a pixel's alpha is multiplied by zeros. */
export function sourceColumns({ weightsIn }: KernelVariant): Columns {
  return weightsIn === 'literals' ? 3 : 4;
}

/** Activates the sums and stores them for the next layer. */
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
 * Pixel shuffle of the last layer's sums, plus the bilinear picture, clamped and stored. Fused, because a separate pass would write and
 * read all of the detail, three times the size of the result.
 */
export function storePicture(convolution: Convolution, shape: NetworkShape): string {
  const [across, down] = convolution.tile;
  return [
    eachPlace(
      [across + 2, down + 2],
      (x, y) => `let q${x}_${y} = source_at(origin + vec2i(${x - 1}, ${y - 1}), size).rgb;`,
    ),
    // Along x first, because two rows of the result share it.
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

/** Networks get opaque pictures only. The texture limits the colours. */
export const STORE_DETAILED = `fn store_detailed(at: vec2i, base: vec3f, detail: vec3f) {
  if (all(at < vec2i(textureDimensions(result)))) {
    textureStore(result, at, vec4f(base + detail, 1.0));
  }
}`;

/** Position of a doubled picture's pixel between the two source pixels around it. */
function fraction(position: number): number {
  return position % 2 === 0 ? 0.75 : 0.25;
}

/** Detail of pixel x, y of a thread's tile. */
function detail(convolution: Convolution, { outputs }: NetworkShape, x: number, y: number): string {
  const within = (y % 2) * 2 + (x % 2);
  const value = (channel: number) => {
    const sum = convolution.sum(x >> 1, y >> 1, channel >> 2);
    return `f32(${sum}.${'xyzw'[channel % 4]})`;
  };
  if (outputs === 'luma') return `vec3f(${value(within)})`;
  return `vec3f(${[0, 1, 2].map((colour) => value(colour * 4 + within)).join(', ')})`;
}
