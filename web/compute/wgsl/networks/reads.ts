import { type Convolution, each, eachPlace } from './convolution.ts';
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

/** Adds up the source's pixels; beyond a border the last pixel is repeated. */
export function readSource(convolution: Convolution, columns: Columns): string {
  return convolution.block(
    eachPlace(convolution.window, (column, row) => {
      const pixel = `source_at(origin + vec2i(${column - 1}, ${row - 1}), size)`;
      const code = columns === 3 ? `let v = real3(${pixel}.rgb);` : `let v = real4(${pixel});`;
      return convolution.add({ column, row, code, values: [{ name: 'v', inBlock: 0 }] });
    }),
  );
}

/** Columns of the matrices that {@link readSource} wants. In a buffer all have four, and a pixel's alpha meets zeros. */
export function sourceColumns({ weightsIn }: Tactics): Columns {
  return weightsIn === 'literals' ? 3 : 4;
}
