import { describe, expect, test } from 'vitest';
import { seededRandom } from '../../seeded-random.ts';
import { agrees, type Tensor } from './tensors.ts';

const SIZE = 64;
const random = seededRandom(5);
const numbers = (count: number) => Float32Array.from({ length: count }, () => random() * 2 - 1);
const layers = [0, 1, 2].map(() => numbers(SIZE * SIZE).map((weight) => (2 * weight) / Math.sqrt(SIZE)));
const inputs = numbers(SIZE);

/** Three layers, with each product and sum rounded by `round`, and sums taken in the given order. */
function computed(round: (value: number) => number, order: readonly number[]): Record<string, Tensor> {
  let values = inputs.map(round);
  for (const weights of layers) {
    values = values.map((_, row) => {
      let sum = 0;
      for (const i of order) sum = round(sum + round(round(weights[row * SIZE + i] ?? 0) * (values[i] ?? 0)));
      return Math.max(sum, 0.1 * sum);
    });
  }
  return { y: { type: 'float32', dims: [SIZE], data: values } };
}

/** Rounds to the 11 significant bits of half precision. */
function toHalf(value: number): number {
  if (value === 0) return 0;
  const step = 2 ** (Math.max(-14, Math.floor(Math.log2(Math.abs(value)))) - 10);
  return Math.round(value / step) * step;
}

const forwards = Array.from({ length: SIZE }, (_, i) => i);
const backwards = [...forwards].reverse();
const honest = computed(Math.fround, forwards);
const tensor = (data: Tensor['data'], type: Tensor['type']) =>
  ({ y: { type, dims: [data.length], data } }) as Record<string, Tensor>;

describe('two honest machines agree', () => {
  test('that sum in a different order', () => expect(agrees(honest, computed(Math.fround, backwards))).toBe(true));
  test('one of which computes in half precision', () => {
    const half = computed(toHalf, backwards);
    expect(half).not.toEqual(honest);
    expect(agrees(honest, half)).toBe(true);
  });
  test('whose tensors are float16', () => {
    // 1 and 1.001, and a subnormal number.
    expect(agrees(tensor(Uint16Array.of(0x3c00, 3), 'float16'), tensor(Uint16Array.of(0x3c01, 2), 'float16'))).toBe(
      true,
    );
    expect(agrees(tensor(Uint16Array.of(0x3c00), 'float16'), tensor(Uint16Array.of(0xbc00), 'float16'))).toBe(false);
  });
  test('on NaN and infinities', () => {
    const odd = tensor(Float32Array.of(Number.NaN, Number.POSITIVE_INFINITY), 'float32');
    expect(agrees(odd, structuredClone(odd))).toBe(true);
    expect(agrees(odd, tensor(Float32Array.of(0, Number.POSITIVE_INFINITY), 'float32'))).toBe(false);
  });
  test('that round a few of many integers differently', () => {
    const whole = Uint8Array.from({ length: 128 }, (_, i) => i);
    const near = whole.with(7, 8);
    expect(agrees(tensor(whole, 'uint8'), tensor(near, 'uint8'))).toBe(true);
    expect(agrees(tensor(whole, 'uint8'), tensor(whole.with(7, 9), 'uint8'))).toBe(false);
    expect(agrees(tensor(BigInt64Array.of(3n), 'int64'), tensor(BigInt64Array.of(4n), 'int64'))).toBe(false);
  });
});

describe('different results are told apart:', () => {
  const data = Float32Array.from(honest.y?.data as Float32Array);
  test.each<[string, Float32Array<ArrayBuffer>]>([
    ['plausible noise', data.map((value) => value * (0.9 + 0.2 * random()))],
    ['a single changed number', data.with(9, (data[9] ?? 0) + 0.5)],
    ['zeros', new Float32Array(SIZE)],
    ['the result for another input', data.toReversed()],
  ])('%s', (_, wrong) => expect(agrees(honest, tensor(wrong, 'float32'))).toBe(false));

  test('other names, types and dims', () => {
    const y = { type: 'float32', dims: [SIZE], data } as const;
    for (const other of [{}, { z: y }, { y, z: y }, { y: { ...y, dims: [8, 8] } }, { y: { ...y, type: 'int32' } }]) {
      expect(agrees(honest, other as Record<string, Tensor>)).toBe(false);
    }
  });
});
