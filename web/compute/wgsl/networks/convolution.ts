import { blocksOf, type Layer, TAPS } from '../../networks/layers.ts';
import type { Tactics } from './tactics.ts';
import type { InBlock, WeightsCode } from './weights.ts';

/** What a thread reads at one place of its window: blocks of input channels, each under a name. The window starts one pixel before the tile. */
export interface Read {
  column: number;
  row: number;
  /** Statements that define the names. */
  code: string;
  values: readonly { name: string; inBlock: InBlock }[];
}

/** The sums of one thread: a vector for each pixel of its tile and block of output channels. */
export class Convolution {
  readonly tile: Tactics['tile'];
  readonly outBlocks: number;
  readonly #weights: WeightsCode;
  readonly #sumsByBlock: boolean;

  constructor(layer: Layer, { tile, sumsByBlock }: Tactics, weights: WeightsCode) {
    this.tile = tile;
    this.#sumsByBlock = sumsByBlock;
    this.outBlocks = blocksOf(layer.outputs);
    this.#weights = weights;
  }

  /** One pixel more on each side. */
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

  /** One block of inputs, `reads` of which is what {@link add} made. */
  block(reads: string): string {
    if (!this.#sumsByBlock) return reads;
    const parts = this.#eachSum((sum) => `var part_${sum} = real4();`);
    return [parts, reads, this.#eachSum((sum) => `${sum} += vec4f(part_${sum});`)].join('\n');
  }

  /** Adds it to every pixel of the tile that it is a tap of: what is read once serves up to four pixels. */
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
