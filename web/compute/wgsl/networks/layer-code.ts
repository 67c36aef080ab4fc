import resultCode from '../../kernels/result.wgsl?raw';
import sourceCode from '../../kernels/source.wgsl?raw';
import type { NetworkShape } from '../../models/manifest.ts';
import { blocksOf, type Layer } from '../../networks/layers.ts';
import { SOURCES } from '../pipelines.ts';
import { BINDING } from './bindings.ts';
import { Convolution } from './convolution.ts';
import { readFeatures, readSource, sourceColumns } from './reads.ts';
import { STORE_DETAILED, storeFeatures, storePicture } from './stores.ts';
import { type Tactics, WORKGROUP } from './tactics.ts';
import { type WeightsPlace, weightsCode } from './weights.ts';

export interface LayerPlace {
  /** It reads the source. */
  isFirst: boolean;
  /** It makes the picture. */
  isLast: boolean;
}

/**
 * The shader of one layer. Each thread makes a tile of pixels, all output channels of each in registers: nothing is shared between
 * threads but through the texture cache, and nothing is read twice by one.
 */
export function layerCode(
  shape: NetworkShape,
  layer: Layer,
  { isFirst, isLast }: LayerPlace,
  tactics: Tactics,
  space: WeightsPlace['space'],
): string {
  const { precision, format, tile, weightsIn } = tactics;
  const columns = isFirst ? sourceColumns(tactics) : 4;
  const weights = weightsCode(layer, columns, { weightsIn, space });
  const convolution = new Convolution(layer, tactics, weights);
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
    isFirst ? readSource(convolution, columns) : readFeatures(convolution, blocksOf(layer.inputs), tactics),
    isLast ? storePicture(convolution, shape) : storeFeatures(convolution, shape),
    '}\n',
  ].join('\n');
}
