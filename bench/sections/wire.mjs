import { figure } from '../rows.mjs';

const DURATION_MS = 120;
const ROUNDS = 5;

/** @type {import('../run.mjs').Section} */
export const section = {
  name: 'wire',
  about: 'the binary envelope beside JSON with base64, for the same messages: bytes and time',
  async run(context) {
    /** @type {typeof import('../wire.ts')} */
    const wire = await context.load('bench/wire.ts');
    const figures = await wire.measureWire(DURATION_MS, ROUNDS);
    return figures.flatMap(({ mix, binaryBytes, jsonBytes, binaryUs, jsonUs }) => [
      figure(`${mix}: bytes, JSON / binary`, jsonBytes / binaryBytes, 'x', {
        above: 1,
        note: `${jsonBytes} and ${binaryBytes} B`,
      }),
      figure(`${mix}: time, JSON / binary`, jsonUs / binaryUs, 'x', {
        above: 1,
        note: `${jsonUs.toFixed(1)} and ${binaryUs.toFixed(1)} us`,
      }),
    ]);
  },
};
