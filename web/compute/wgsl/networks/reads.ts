import type { NetworkShape } from '../../models/manifest.ts';
import { type Convolution, each, eachPlace, type Read } from './convolution.ts';
import type { Tactics } from './tactics.ts';
import type { Columns, InBlock } from './weights.ts';

/**
 * Adds up the features of the layer before, clamped to their borders. Weights in a buffer are looped over, block by block of the
 * inputs: unrolled, the code of a wide layer would be longer than an instruction cache.
 */
export function readFeatures(convolution: Convolution, inBlocks: number, { weightsIn }: Tactics): string {
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

/** Adds up the source's pixels; beyond a border the last pixel is repeated, also where a block of them is unshuffled. */
export function readSource(convolution: Convolution, { unshuffle }: NetworkShape, columns: Columns): string {
  const place = unshuffle === 1 ? pixelRead(columns) : blockRead(unshuffle);
  return convolution.block(eachPlace(convolution.window, (column, row) => convolution.add(place(column, row))));
}

/** Columns of the matrices that {@link readSource} wants. In a buffer all have four, and a pixel's alpha meets zeros. */
export function sourceColumns({ unshuffle }: NetworkShape, { weightsIn }: Tactics): Columns {
  return unshuffle === 1 && weightsIn === 'literals' ? 3 : 4;
}

function pixelRead(columns: Columns): (column: number, row: number) => Read {
  return (column, row) => {
    const pixel = `source_at(origin + vec2i(${column - 1}, ${row - 1}), source_size)`;
    const code = columns === 3 ? `let v = real3(${pixel}.rgb);` : `let v = real4(${pixel});`;
    return { column, row, code, values: [{ name: 'v', inBlock: 0 }] };
  };
}

/** Channels in PyTorch's order: colour, then row, then column; so with 2x2 pixels a block of four is a colour. */
function blockRead(side: number): (column: number, row: number) => Read {
  return (column, row) => {
    const pixels = Array.from({ length: side * side }, (_, n) => {
      const x = (column - 1) * side + (n % side);
      const y = (row - 1) * side + Math.floor(n / side);
      return `let p${n} = source_at(origin * ${side} + vec2i(${x}, ${y}), source_size);`;
    });
    const colours = ['r', 'g', 'b'].map((colour, block) => {
      const parts = pixels.map((_, n) => `p${n}.${colour}`).join(', ');
      return `let v${block} = real4(vec4f(${parts}));`;
    });
    const values = colours.map((_, inBlock) => ({ name: `v${inBlock}`, inBlock }));
    return { column, row, code: [...pixels, ...colours].join('\n'), values };
  };
}
