import { channelBlocks, type Layer, TAPS } from '../../networks/weights.ts';
import type { KernelVariant } from './kernel-variant.ts';

/** Binding numbers in the shaders of networks. The first two are the same in every kernel. */
export const BINDING = { source: 0, result: 1, features: 2, weights: 3 } as const;

/** What a thread reads at one position of its window: named blocks of input channels. The window starts one pixel before the tile. */
export interface Read {
  column: number;
  row: number;
  /** Statements that define the names. */
  code: string;
  values: readonly { name: string; inBlock: InBlock }[];
}

/** The accumulators of one thread: a vector for each pixel of its tile and each block of output channels. */
export class Convolution {
  readonly tile: KernelVariant['tile'];
  readonly outBlocks: number;
  readonly #weights: WeightsCode;
  readonly #sumsByBlock: boolean;

  constructor(layer: Layer, { tile, sumsByBlock }: KernelVariant, weights: WeightsCode) {
    this.tile = tile;
    this.#sumsByBlock = sumsByBlock;
    this.outBlocks = channelBlocks(layer.outputs);
    this.#weights = weights;
  }

  /** The tile and one more pixel on each side. */
  get window(): readonly [number, number] {
    return [this.tile[0] + 2, this.tile[1] + 2];
  }

  sum(column: number, row: number, outBlock: number): string {
    return `s${column}_${row}_${outBlock}`;
  }

  declareSums(): string {
    const type = this.#sumsByBlock ? 'vec4f' : 'real4';
    return this.#eachSum((sum, n) => `var ${sum}: ${type} = ${type}(${this.#weights.bias(n)});`);
  }

  /** Wraps the code for one block of inputs; `reads` comes from {@link add}. */
  block(reads: string): string {
    if (!this.#sumsByBlock) return reads;
    const parts = this.#eachSum((sum) => `var part_${sum} = real4();`);
    return [parts, reads, this.#eachSum((sum) => `${sum} += vec4f(part_${sum});`)].join('\n');
  }

  /** Adds a value to every pixel of the tile that it is a tap of: one read serves up to four pixels. */
  add({ column, row, code, values }: Read): string {
    const lines: string[] = [];
    for (const { name, inBlock } of values) {
      for (let tap = 0; tap < TAPS; tap++) {
        const pixel = [column - (tap % 3), row - Math.floor(tap / 3)] as const;
        if (!isWithin(pixel, this.tile)) continue;
        for (let n = 0; n < this.outBlocks; n++) {
          lines.push(
            `${this.#sumsByBlock ? 'part_' : ''}${this.sum(...pixel, n)} += ${this.#weights.weight(tap, inBlock, n)} * ${name};`,
          );
        }
      }
    }
    return `{\n${code}\n${lines.join('\n')}\n}`;
  }

  #eachSum(line: (sum: string, outBlock: number) => string): string {
    return eachPlace(this.tile, (column, row) => each(this.outBlocks, (n) => line(this.sum(column, row, n), n)));
  }
}

export function each(count: number, line: (n: number) => string): string {
  return Array.from({ length: count }, (_, n) => line(n)).join('\n');
}

export function eachPlace(
  [across, down]: readonly [number, number],
  line: (column: number, row: number) => string,
): string {
  return each(down, (row) => each(across, (column) => line(column, row)));
}

function isWithin([x, y]: readonly [number, number], [width, height]: readonly [number, number]): boolean {
  return x >= 0 && x < width && y >= 0 && y < height;
}

/** `b` is the variable of a loop over the blocks of inputs. */
export type InBlock = number | 'b';

export interface WeightsCode {
  /** At module scope. */
  declarations: string;
  /** A list of four numbers. */
  bias(outBlock: number): string;
  weight(tap: number, inBlock: InBlock, outBlock: number): string;
}

/** Columns of the weight matrices: three for the colours of a source pixel, four for a block of features. */
export type Columns = 3 | 4;

export function weightsCode(layer: Layer, columns: Columns, { weightsIn, space }: WeightsPlace): WeightsCode {
  const inBlocks = channelBlocks(layer.inputs);
  const outBlocks = channelBlocks(layer.outputs);
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

export interface WeightsPlace extends Pick<KernelVariant, 'weightsIn'> {
  /** Address space of the buffer: uniform where the weights fit, because its reads are the fastest. */
  space: 'uniform' | 'storage';
}

/** The shortest decimals that denote the same float32: shaders are parsed, and most of this one is numbers. */
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
