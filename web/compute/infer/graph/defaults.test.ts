import { expect, test } from 'vitest';
import { type TestModel, writeOnnx } from '../test-onnx.ts';
import { inputsWithDefault, withoutDefaults } from './defaults.ts';
import { readModel } from './onnx-graph.ts';

const model: TestModel = {
  nodes: [
    { operator: 'Mul', inputs: ['x', 'factor'], outputs: ['a'] },
    { operator: 'Add', inputs: ['a', 'bias'], outputs: ['y'] },
  ],
  inputs: { x: { dims: ['n'] }, factor: { dims: ['k'] }, steps: { type: 'int64', dims: [] } },
  outputs: { y: { dims: ['n'] } },
  constants: {
    factor: { dims: [1], values: [3] },
    steps: { type: 'int64', dims: [], values: [7] },
    bias: { dims: [200], values: Array(200).fill(1) },
  },
};

test('inputs that have an initializer are told with their shapes, unless the format is so old that all initializers are inputs', () => {
  expect(inputsWithDefault(readModel(writeOnnx(model)))).toEqual([
    { name: 'factor', type: 'float32', dims: [''] },
    { name: 'steps', type: 'int64', dims: [] },
  ]);
  expect(inputsWithDefault(readModel(writeOnnx({ ...model, irVersion: 3 })))).toEqual([]);
});

test('a model without a default keeps everything else', () => {
  const before = readModel(writeOnnx(model));
  const after = readModel(withoutDefaults(writeOnnx(model), ['factor']));
  expect([...after.graph.initializers.keys()]).toEqual(['steps', 'bias']);
  expect({ ...after.graph, initializers: null }).toEqual({ ...before.graph, initializers: null });
  expect(after).toMatchObject({ irVersion: before.irVersion, operatorSet: before.operatorSet });
});
