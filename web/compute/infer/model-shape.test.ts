import { describe, expect, test } from 'vitest';
import type { TensorHeader } from '../../../shared/tasks/infer/tensors.ts';
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
  const shape = shapeOf({
    inputs: [tensor('a', ['batch', 3]), tensor('b', ['batch', 'length'], 'int64'), tensor('c', [])],
  });
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

test('a model with text inputs cannot run as a task', () => {
  for (const input of [tensor('x', [1], 'string'), { name: 'x', isTensor: false } as Described]) {
    expect(() => shapeOf({ inputs: [input] })).toThrow(expect.objectContaining({ reason: 'unknown-model' }));
  }
});
