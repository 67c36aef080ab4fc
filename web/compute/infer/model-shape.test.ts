import { describe, expect, test } from 'vitest';
import { INFER, type TensorHeader } from '../../../shared/tasks/infer/tensors.ts';
import type { OnnxSession } from '../ort/onnx-sessions.ts';
import { checkInputs, shapeOf } from './model-shape.ts';

type Described = OnnxSession['inputs'][number];

const tensor = (name: string, shape: (number | string)[], type = 'float32') =>
  ({ name, isTensor: true, type, shape }) as Described;
const given = (name: string, dims: number[], type: TensorHeader['type'] = 'float32'): TensorHeader => ({
  name,
  type,
  dims,
});

describe('inputs that a model does not take are refused with what it takes', () => {
  const inputs = [tensor('a', ['batch', 3]), tensor('b', ['batch', 'length'], 'int64'), tensor('c', [])];
  const shape = shapeOf({ inputs, outputs: [] }, []);
  const good = [given('a', [2, 3]), given('b', [2, 7], 'int64'), given('c', [])];

  test('fitting inputs pass, in any order', () => {
    checkInputs('m', shape, good);
    checkInputs('m', shape, good.toReversed());
  });

  test.each<[string, TensorHeader[], RegExp]>([
    ['one missing', good.slice(1), /'m' wants 'a' as float32 \[batch, 3\]/],
    ['one too many', [...good, given('d', [1])], /no input 'd'/],
    ['another type', [given('a', [2, 3], 'float64'), ...good.slice(1)], /given 'a' as float64 \[2, 3\]/],
    ['another size', [given('a', [2, 4]), ...good.slice(1)], /float32 \[batch, 3\].*\[2, 4\]/],
    ['more axes', [given('a', [1, 2, 3]), ...good.slice(1)], /\[1, 2, 3\]/],
    ['two sizes for one name', [given('a', [2, 3]), given('b', [4, 7], 'int64'), given('c', [])], /batch = 2/],
  ])('%s', (_, inputs, message) => {
    expect(() => checkInputs('m', shape, inputs)).toThrow(
      expect.objectContaining({ reason: 'bad-input', message: expect.stringMatching(message) }),
    );
  });
});

test('an open size without a name takes any size, as the library tells it: signed, unsigned or empty', () => {
  const shape = shapeOf({ inputs: [tensor('x', [-1, 4_294_967_295, '', 4])], outputs: [] }, []);
  checkInputs('m', shape, [given('x', [0, 7, 5, 4])]);
  expect(() => checkInputs('m', shape, [given('x', [1, 1, 1, 3])])).toThrow(/float32 \[any, any, any, 4\]/);
});

test('an input with a default may be left out, and must fit where it is given', () => {
  const shape = shapeOf({ inputs: [tensor('x', [1])], outputs: [] }, [{ name: 'rate', type: 'int64', dims: [] }]);
  checkInputs('m', shape, [given('x', [1])]);
  checkInputs('m', shape, [given('x', [1]), given('rate', [], 'int64')]);
  expect(() => checkInputs('m', shape, [given('x', [1]), given('rate', [])])).toThrow(/'rate' as int64/);
});

describe('a model is refused before it runs, with a sentence,', () => {
  const list = { name: 'z', isTensor: false } as Described;
  const many = Array.from({ length: INFER.maxTensors + 1 }, (_, n) => tensor(`x${n}`, [1]));
  test.each<[string, Described[], Described[], RegExp]>([
    ['with an input that is no tensor', [list], [], /input 'z' is a list/],
    ['with an output that is no tensor', [], [list], /output 'z' is a list/],
    ['with a type that no task carries', [tensor('x', [1], 'complex64')], [], /tensor of complex64/],
    ['with too many inputs', many, [], /257 inputs; a task carries at most 256/],
    [
      'with a long name',
      [],
      [tensor('y'.repeat(INFER.maxNameChars + 1), [1])],
      /names of the model's outputs are too long/,
    ],
  ])('%s', (_, inputs, outputs, message) => {
    const error = expect.objectContaining({ reason: 'unknown-model', message: expect.stringMatching(message) });
    expect(() => shapeOf({ inputs, outputs }, [])).toThrow(error);
  });
});
