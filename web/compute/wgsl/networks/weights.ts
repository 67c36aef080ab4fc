import { blocksOf, type Layer, TAPS } from '../../networks/layers.ts';
import { BINDING } from './bindings.ts';
import type { Tactics } from './tactics.ts';

/** `b` is the variable of a loop over the blocks of inputs. */
export type InBlock = number | 'b';

export interface WeightsCode {
  /** At module scope. */
  declarations: string;
  /** Four numbers. */
  bias(outBlock: number): string;
  weight(tap: number, inBlock: InBlock, outBlock: number): string;
}

/** Columns of the matrices: the colours of a source pixel are no block of four. */
export type Columns = 3 | 4;

export function weightsCode(layer: Layer, columns: Columns, { weightsIn, space }: WeightsPlace): WeightsCode {
  const inBlocks = blocksOf(layer.inputs);
  const outBlocks = blocksOf(layer.outputs);
  const count = TAPS * inBlocks * outBlocks;
  const bias = (outBlock: number) => literals(layer.bias.subarray(outBlock * 4, outBlock * 4 + 4));
  if (weightsIn === 'literals') {
    const constants = Array.from({ length: count }, (_, n) => {
      const values = layer.weights.subarray(n * 16, n * 16 + columns * 4);
      return `const w${n} = matrix(${literals(values)});`;
    });
    return {
      declarations: constants.join('\n'),
      bias,
      weight: (tap, inBlock, outBlock) => `w${(tap * inBlocks + Number(inBlock)) * outBlocks + outBlock}`,
    };
  }
  return {
    declarations: `@group(0) @binding(${BINDING.weights}) var<${space}> weights: array<matrix, ${count}>;`,
    bias,
    weight: (tap, inBlock, outBlock) => {
      const ofTap = tap * inBlocks * outBlocks + outBlock;
      return inBlock === 'b' ? `weights[${ofTap} + b * ${outBlocks}]` : `weights[${ofTap + inBlock * outBlocks}]`;
    },
  };
}

export interface WeightsPlace extends Pick<Tactics, 'weightsIn'> {
  /** Of the buffer: a uniform one where they fit, for its reads are the fastest. */
  space: 'uniform' | 'storage';
}

/** The shortest decimals that are the same float32: shaders are parsed, and most of this one is numbers. */
function literals(values: Float32Array): string {
  return Array.from(values, (value) => {
    for (let digits = 6; digits < 9; digits++) {
      const short = Number(value.toPrecision(digits));
      if (Math.fround(short) === value) return asFloat(short);
    }
    return asFloat(Number(value.toPrecision(9)));
  }).join(',');
}

function asFloat(value: number): string {
  const text = String(value);
  return /[.e]/.test(text) ? text : `${text}.0`;
}
