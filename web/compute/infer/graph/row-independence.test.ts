import { readFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { type TestConstant, type TestModel, type TestNode, writeOnnx } from '../test-onnx.ts';
import { allNodes, readModel } from './onnx-graph.ts';
import { ReadBudget } from './protobuf.ts';
import { drawsRandomNumbers, hasIndependentRows } from './row-independence.ts';

const WEIGHTS: Record<string, TestConstant> = {
  weight: { dims: [4, 4], values: Array(16).fill(1) },
  bias: { dims: [4], values: [1, 2, 3, 4] },
  perRow: { dims: [2, 4], values: Array(8).fill(1) },
  one: { type: 'int64', dims: [1], values: [1] },
  zero: { type: 'int64', dims: [1], values: [0] },
  keep: { type: 'int64', dims: [3], values: [0, 2, 2] },
  merge: { type: 'int64', dims: [2], values: [-1, 2] },
};

const node = (operator: string, inputs: string[], attributes: TestNode['attributes'] = {}): TestNode => ({
  operator,
  inputs,
  outputs: ['y'],
  attributes,
});

/** One operator from `x`, of `batch` rows of four numbers, to `y`. */
function modelOf(nodes: TestNode[], more: Partial<TestModel> = {}) {
  const x = { dims: ['batch', 4] };
  return readModel(writeOnnx({ nodes, inputs: { x }, outputs: { y: { dims: [] } }, constants: WEIGHTS, ...more }));
}

describe('rows are known to be independent', () => {
  test.each<[string, TestNode]>([
    ['of a matrix product with weights', node('Gemm', ['x', 'weight', 'bias'])],
    ['of a product with a matrix on the right', node('MatMul', ['x', 'weight'])],
    ['of an activation', node('Tanh', ['x'])],
    ['of a sum with one bias for all rows', node('Add', ['x', 'bias'])],
    ['of a softmax within the row', node('Softmax', ['x'])],
    ['of a mean within the row', node('ReduceMean', ['x'], { axes: [-1], keepdims: 0 })],
    ['of a reshaping that keeps them', node('Reshape', ['x', 'keep'])],
    ['of a slice of each', node('Slice', ['x', 'zero', 'one', 'one'])],
    ['of a quantisation by columns', node('QuantizeLinear', ['x', 'bias'])],
    ['of a table that each looks up', node('Gather', ['weight', 'x'])],
  ])('%s', (_, only) => expect(hasIndependentRows(modelOf([only]))).toBe(true));

  test('of a reshaping to a shape that is computed from them, as exporters write it', () => {
    const computed = (first: string) => [
      { ...node('Shape', ['x']), outputs: ['shape'] },
      { ...node('Cast', ['shape'], { to: 6 }), outputs: ['narrow'] },
      { ...node('Gather', ['narrow', first]), outputs: ['size'] },
      { ...node('Concat', ['size', 'twice'], { axis: 0 }), outputs: ['target'] },
      node('Reshape', ['x', 'target']),
    ];
    const twice: TestConstant = { type: 'int64', dims: [2], values: [2, 2] };
    const constants = { ...WEIGHTS, twice };
    expect(hasIndependentRows(modelOf(computed('zero'), { constants }))).toBe(true);
    const copied = [
      { ...node('Cast', ['zero'], { to: 7 }), outputs: ['size'] },
      ...computed('zero').filter(({ outputs }) => outputs[0] === 'target' || outputs[0] === 'y'),
    ];
    expect(hasIndependentRows(modelOf(copied, { constants }))).toBe(true);
    // Not the number of rows, but that of columns, leads.
    expect(hasIndependentRows(modelOf(computed('one'), { constants }))).toBe(false);
  });

  test('of a picture that is enlarged by constant factors', () => {
    const x = { dims: ['batch', 1, 4, 4] };
    const scaled = (first: number) =>
      modelOf([node('Resize', ['x', '', 'scales'])], {
        inputs: { x },
        constants: { scales: { dims: [4], values: [first, 1, 2, 2] } },
      });
    expect([hasIndependentRows(scaled(1)), hasIndependentRows(scaled(2))]).toEqual([true, false]);
  });

  test('of a whole network, whatever its first axis is called', () => {
    const nodes = [
      { ...node('Gemm', ['x', 'weight', 'bias']), outputs: ['a'] },
      { ...node('Relu', ['a']), outputs: ['b'] },
      { ...node('Add', ['a', 'b']), outputs: ['c'] },
      node('Concat', ['b', 'c'], { axis: 1 }),
    ];
    for (const axis of ['batch', 'rows', '']) {
      expect(hasIndependentRows(modelOf(nodes, { inputs: { x: { dims: [axis, 4] } } }))).toBe(true);
    }
  });

  test("of the server's steering policy", async () => {
    const model = readModel(await readFile('web/public/models/steering.onnx'));
    expect(hasIndependentRows(model)).toBe(true);
    expect([...allNodes(model.graph)].map(({ operator }) => operator)).toContain('Tanh');
  });
});

describe('rows may depend on one another', () => {
  test.each<[string, TestNode]>([
    ['in a softmax over them', node('Softmax', ['x'], { axis: 0 })],
    ['in a softmax over them, counted from the end', node('Softmax', ['x'], { axis: -2 })],
    ['in a mean over them', node('ReduceMean', ['x'], { axes: [0] })],
    ['in a mean over everything', node('ReduceMean', ['x'])],
    ['in a norm over them', node('LpNormalization', ['x'], { axis: 0 })],
    ['in a dynamic quantisation', node('DynamicQuantizeLinear', ['x'])],
    ['in a quantisation by blocks', node('QuantizeLinear', ['x', 'perRow'], { block_size: 1 })],
    ['in a running sum', node('CumSum', ['x', 'zero'])],
    ['in a product with their own transpose', node('Gemm', ['x', 'x'], { transB: 1 })],
    ['in a product with a matrix on the left', node('MatMul', ['weight', 'x'])],
    ['in a sum with a number for each place of a row', node('Add', ['x', 'perRow'])],
    ['in a transposition', node('Transpose', ['x'], { perm: [1, 0] })],
    ['in a reshaping that counts them anew', node('Reshape', ['x', 'merge'])],
    ['in a slice of them', node('Slice', ['x', 'zero', 'one', 'zero'])],
    ['in a choice of them', node('Gather', ['x', 'one'])],
    ['where they are counted', node('Shape', ['x'])],
    ['in an operator without a rule', { ...node('Attention', ['x']), domain: 'com.microsoft' }],
    ['in an operator with the name of a known one', { ...node('Relu', ['x']), domain: 'own' }],
    ['where they get random numbers', node('RandomNormalLike', ['x'])],
    ['in a value that is computed later', node('Add', ['x', 'later'])],
  ])('%s', (_, only) => expect(hasIndependentRows(modelOf([only]))).toBe(false));

  test('where the first axis has a fixed size, an output has none of them, or the operators are too old', () => {
    const relu = [node('Relu', ['x'])];
    expect(hasIndependentRows(modelOf(relu, { inputs: { x: { dims: [1, 4] } } }))).toBe(false);
    expect(hasIndependentRows(modelOf(relu, { outputs: { y: { dims: [] }, bias: { dims: [4] } } }))).toBe(false);
    expect(hasIndependentRows(modelOf(relu, { operatorSet: 6 }))).toBe(false);
  });
});

test('a model that draws random numbers is known, also within a branch', () => {
  const branch = { nodes: [node('RandomNormalLike', ['x'])], outputs: { y: { dims: [] } } };
  const choice = node('If', ['x'], { then_branch: branch, else_branch: branch });
  expect(drawsRandomNumbers(modelOf([choice]))).toBe(true);
  expect(drawsRandomNumbers(modelOf([node('Dropout', ['x', '', 'one'])]))).toBe(true);
  expect(drawsRandomNumbers(modelOf([node('Dropout', ['x'])]))).toBe(false);
});

test.each([
  // A node is a field of the graph: its tag, and a length of 0.
  ['nodes', [0x0a, 0x00], 49],
  ['outputs', [0x62, 0x00], 49],
  // Of one node: an attribute of two numbers, packed.
  ['attributes of nodes', [0x0a, 0x06, 0x2a, 0x04, 0x42, 0x02, 0x01, 0x01], 101],
])('a graph of nothing but %s is refused before it fills the memory', (_, part, parts) => {
  const [count, around] = [2_000, 200];
  const graph = new Uint8Array(part.length * count);
  for (let at = 0; at < graph.length; at += part.length) graph.set(part, at);
  const length = [0, 7, 14, 21, 28].map((bits, n) => ((graph.length >>> bits) & 0x7f) | (n < 4 ? 0x80 : 0));
  const model = new Uint8Array([0x3a, ...length, ...graph]);
  expect(readModel(model, new ReadBudget(count * parts + around)).graph).toBeDefined();
  expect(() => readModel(model, new ReadBudget(count * parts))).toThrow(
    expect.objectContaining({ reason: 'unknown-model', message: expect.stringContaining('smaller') }),
  );
});

test.each([
  ['the version of its operators', 0x42],
  ['a function', 0xca],
])('%s, of nothing but empty fields, is refused before it fills the memory', (_, tag) => {
  const fields = new Uint8Array(4_000).map((_, at) => (at % 2 === 0 ? 0x0a : 0));
  // The tag of a function, field 25, has two bytes.
  const model = new Uint8Array([tag, ...(tag > 0x7f ? [0x01] : []), 0xa0, 0x1f, ...fields]);
  expect(() => readModel(model, new ReadBudget(10 * 2_000))).toThrow(
    expect.objectContaining({ reason: 'unknown-model' }),
  );
});

test('a constant that says it has a few numbers and has millions is not read', () => {
  const constants = { few: { dims: [2], values: Array<number>(3).fill(1) } };
  const { graph } = modelOf([node('Add', ['x', 'few'])], { constants });
  expect(graph.initializers.get('few')?.values).toBeNull();
});

test('what is no model is malformed', () => {
  for (const bytes of [[], [1, 2, 3], [0x3a, 0xff, 0xff, 0xff, 0xff, 0x0f], Array(20).fill(0xff)]) {
    expect(() => readModel(Uint8Array.from(bytes))).toThrow(expect.objectContaining({ reason: 'malformed' }));
  }
});
