import { describe, expect, test } from 'vitest';
import { checkArrivedTask } from './catalogue.ts';
import { type PackedResult, UNDECIDED } from './definition.ts';
import { INFER } from './infer/tensors.ts';
import { type InferInput, infer } from './infer.ts';

const floats = (...values: number[]) => ({ type: 'float32', dims: [values.length], data: Float32Array.from(values) });
const input: InferInput = { model: 'steering', inputs: { x: floats(1, 2, 3) } };

describe('an input is refused', () => {
  test.each<[string, unknown]>([
    ['without a model', { inputs: input.inputs }],
    ['with a path instead of a name', { ...input, model: '../secret' }],
    ['with a file URL', { ...input, model: 'file:///etc/passwd' }],
    ['with a javascript URL', { ...input, model: 'javascript:1' }],
    ['with an unsupported type', { ...input, inputs: { x: { ...floats(1), type: 'complex64' } } }],
    ['with numbers in place of texts', { ...input, inputs: { x: { ...floats(1), type: 'string' } } }],
    ['with texts in place of numbers', { ...input, inputs: { x: { ...floats(1), data: ['1'] } } }],
    ['with fewer texts than its dims', { ...input, inputs: { x: { type: 'string', dims: [2], data: ['1'] } } }],
    ['with a list', { ...input, inputs: { x: { sequence: [floats(1)] } } }],
    ['with a map', { ...input, inputs: { x: { map: [] } } }],
    ['with a property of Object as its type', { ...input, inputs: { x: { ...floats(1), type: 'constructor' } } }],
    ['with more data than its dims', { ...input, inputs: { x: { ...floats(1, 2), dims: [1] } } }],
    ['with less data than its dims', { ...input, inputs: { x: { ...floats(1, 2), dims: [2, 2] } } }],
    ['with a fractional dim', { ...input, inputs: { x: { ...floats(1, 2), dims: [0.5, 4] } } }],
    ['with a plain array', { ...input, inputs: { x: { ...floats(1), data: [1] } } }],
    ['with too many dims', { ...input, inputs: { x: { ...floats(1), dims: Array(INFER.maxRank + 1).fill(1) } } }],
    ['with a bool of 2', { ...input, inputs: { x: { type: 'bool', dims: [1], data: new Uint8Array([2]) } } }],
    ['with an unknown effort', { ...input, effort: 'heroic' }],
    ['with an unknown relation of rows', { ...input, rows: 'some' }],
    [
      'with too many tensors',
      { ...input, inputs: Object.fromEntries(Array.from({ length: INFER.maxTensors + 1 }, (_, i) => [i, floats(1)])) },
    ],
  ])('%s', (_, wrong) => {
    expect(() => infer.pack(wrong as InferInput)).toThrow(
      expect.objectContaining({ reason: 'bad-input', message: expect.stringMatching(/\.$/) }),
    );
  });

  test('with more data than a transfer can carry, before any of it is copied', () => {
    const dims = [INFER.maxBytes, 1_024];
    expect(() => infer.pack({ ...input, inputs: { x: { type: 'uint8', dims, data: new Uint8Array(1) } } })).toThrow(
      expect.objectContaining({ reason: 'too-large' }),
    );
  });
});

test('elements are bounded as well as bytes, both when submitting and when computing', () => {
  const dims = [INFER.maxElements + 1];
  const x = { type: 'uint8', dims, data: new Uint8Array(INFER.maxElements + 1) };
  expect(() => infer.pack({ ...input, inputs: { x } })).toThrow(expect.objectContaining({ reason: 'too-large' }));
  const params = { model: 'a-model', effort: 'simple', inputs: [{ name: 'x', type: 'uint8', dims }] };
  expect(() => checkArrivedTask('infer', { params, attachments: [x.data] })).toThrow(
    expect.objectContaining({ reason: 'malformed' }),
  );
});

test('a volunteer accepts a packed task, and changing its input after packing has no effect', () => {
  const data = Float32Array.from([0, 1, 2, 3]);
  const mask = { type: 'bool', dims: [1, 2], data: new Uint8Array([0, 1]) };
  // A view of a larger array: only the view is sent.
  const x = { type: 'float32', dims: [1, 3], data: data.subarray(1) };
  const task = infer.pack({ model: 'https://models.example/a.onnx', inputs: { x, mask }, effort: 'complex' });
  data.fill(9);
  expect(task.attachments).toEqual([new Uint8Array(Float32Array.from([1, 2, 3]).buffer), new Uint8Array([0, 1])]);
  expect(checkArrivedTask('infer', structuredClone(task))).toEqual(task);
  expect(infer.firstDeadlineMs(task.params)).toBe(5_000);
  expect(infer.firstDeadlineMs(infer.pack(input).params)).toBe(500);
});

test('a task that arrives damaged is malformed', () => {
  const { params, attachments } = infer.pack({
    ...input,
    inputs: { x: floats(1, 2), mask: { type: 'bool', dims: [4], data: new Uint8Array(4) } },
  });
  const [x, mask] = params.inputs;
  const [bytes = new Uint8Array(0)] = attachments;
  const wrong = [
    { params, attachments: [bytes] },
    { params, attachments: [bytes, bytes] },
    { params, attachments: [bytes, new Uint8Array(4).fill(2)] },
    { params: { ...params, inputs: [x, x] }, attachments },
    { params: { ...params, inputs: [x, { ...mask, textBytes: 4 }] }, attachments },
    { params: { ...params, inputs: [x, { ...mask, type: 'string' }] }, attachments },
    {
      params: { ...params, inputs: [{ name: 's', type: 'string', dims: [2], textBytes: 4 }] },
      attachments: [new Uint8Array(4)],
    },
    {
      params: { ...params, inputs: [{ name: 's', type: 'string', dims: [1], textBytes: 4 }] },
      attachments: [new Uint8Array(4).fill(9)],
    },
    { params: { ...params, inputs: [x, { ...mask, dims: [-4] }] }, attachments },
    { params: { ...params, inputs: [x, { ...mask, dims: [INFER.maxBytes, INFER.maxBytes] }] }, attachments },
    { params: { ...params, model: 'a/b' }, attachments },
    { params: { ...params, extra: 1 }, attachments },
  ];
  for (const task of wrong) {
    expect(() => checkArrivedTask('infer', task)).toThrow(expect.objectContaining({ reason: 'malformed' }));
  }
});

test('tensors may be empty, be texts, or not be there at all', () => {
  const texts = { type: 'string' as const, dims: [2, 2], data: ['a', '', 'ä€😀', 'x'.repeat(300)] };
  const empty = { type: 'float32', dims: [1, 0, 4], data: new Float32Array(0) };
  const task = infer.pack({ model: 'a-model', inputs: { texts, empty } });
  expect(checkArrivedTask('infer', structuredClone(task))).toEqual(task);
  const [header] = task.params.inputs;
  const { outputs } = infer.unpackResult(task, {
    value: { outputs: [header] },
    attachments: task.attachments.slice(0, 1),
  });
  expect(outputs).toEqual({ texts });
  const nothing = infer.pack({ model: 'a-model', inputs: {} });
  expect(checkArrivedTask('infer', nothing)).toEqual({ params: nothing.params, attachments: [] });
  expect(infer.cost(nothing.params)).toBeGreaterThan(0);
});

describe('a result', () => {
  const task = infer.pack(input);
  const answer = (header: unknown, bytes: Uint8Array) => ({ value: { outputs: [header] }, attachments: [bytes] });

  test('has typed arrays by name, whatever the alignment of its bytes', () => {
    const odd = new Uint8Array(new ArrayBuffer(17), 1);
    new DataView(odd.buffer, 1).setBigInt64(8, -5n, true);
    const { outputs } = infer.unpackResult(task, answer({ name: 'y', type: 'int64', dims: [2] }, odd));
    expect(outputs).toEqual({ y: { type: 'int64', dims: [2], data: BigInt64Array.of(0n, -5n) } });
  });

  test('may contain an empty tensor, and one named like a property of Object', () => {
    const header = { name: '__proto__', type: 'uint8', dims: [0, 4] };
    const { outputs } = infer.unpackResult(task, answer(header, new Uint8Array(0)));
    expect(Object.keys(outputs)).toEqual(['__proto__']);
  });

  test.each([
    ['with a wrong length', answer({ name: 'y', type: 'float32', dims: [2] }, new Uint8Array(7))],
    ['with an unknown type', answer({ name: 'y', type: 'complex64', dims: [1] }, new Uint8Array(1))],
    ['with damaged texts', answer({ name: 'y', type: 'string', dims: [1], textBytes: 1 }, new Uint8Array(1))],
    ['without its bytes', { value: { outputs: [{ name: 'y', type: 'bool', dims: [1] }] }, attachments: [] }],
    ['without a value', { value: null, attachments: [] }],
  ])('%s is malformed', (_, wrong) => {
    expect(() => infer.unpackResult(task, wrong)).toThrow(expect.objectContaining({ reason: 'malformed' }));
  });
});

const task = infer.pack({
  model: 'a-model',
  inputs: { x: { type: 'float32', dims: [1, 2], data: new Float32Array(2) } },
});
const given = (...values: number[]): PackedResult => ({
  value: { outputs: [{ name: 'y', type: 'float32', dims: [1, values.length] }] },
  attachments: [new Uint8Array(Float32Array.from(values).buffer)],
});

/** Runs a check with the given answers, by default one that asks another volunteer first. Returns who was asked to recompute, and the end. */
function asked(result: PackedResult, answers: PackedResult[], random = 0.99, model = 'a-model'): unknown[] {
  const checks = infer.verify(
    { ...task, params: { ...task.params, model } },
    infer.unpackResult(task, result),
    () => random,
  );
  const who: unknown[] = [];
  for (let step = checks.next(); ; ) {
    if (step.done) return [...who, step.value];
    if (step.value) who.push(step.value.by);
    step = checks.next(answers[who.length - 1]);
  }
}

test('a result that another machine confirms is accepted, even with different rounding', () => {
  expect(asked(given(1, -2), [given(1, -2)])).toEqual(['another', undefined]);
  expect(asked(given(1, -2), [given(1.0004, -2.0006)])).toEqual(['another', undefined]);
});

test('a share of the checks uses this machine only, so that two volunteers that confirm each other are detected', () => {
  expect(asked(given(1, -2), [given(1, -2)], 0)).toEqual(['us', undefined]);
  expect(() => asked(given(5, 5), [given(1, -2), given(1, -2)], 0)).toThrow(
    expect.objectContaining({ reason: 'verify-failed' }),
  );
});

test('if two machines differ, this one decides, since the other one may be cheating', () => {
  expect(asked(given(1, -2), [given(5, 5), given(1, -2)])).toEqual(['another', 'us', undefined]);
});

test('a result that this machine refutes twice alike is refused', () => {
  expect(() => asked(given(1, -2), [given(5, 5), given(4, 4), given(4, 4)])).toThrow(
    expect.objectContaining({ reason: 'verify-failed' }),
  );
});

test('a model whose answer varies from run to run decides nothing', () => {
  expect(asked(given(1, -2), [given(5, 5), given(4, 4), given(3, 3)])).toEqual(['another', 'us', 'us', UNDECIDED]);
  expect(asked(given(1, -2), [given(5, 5), given(4, 4), given(1, -2)])).toEqual(['another', 'us', 'us', UNDECIDED]);
});

test('a model that draws random numbers bars nobody, though it gave this machine the same twice; only its own word counts', () => {
  const random = (result: PackedResult) => ({ ...result, value: { ...(result.value as object), varies: true } });
  expect(asked(given(1, -2), [given(5, 5), random(given(4, 4))])).toEqual(['another', 'us', UNDECIDED]);
  expect([infer.mayKeep?.(given(1, -2)), infer.mayKeep?.(random(given(1, -2)))]).toEqual([true, false]);
  expect(() => asked(random(given(1, -2)), [random(given(5, 5)), given(4, 4), given(4, 4)])).toThrow(
    expect.objectContaining({ reason: 'verify-failed' }),
  );
});

test('a difference bars nobody where the host of a model may have changed its file, unless its address has a hash', () => {
  const unpinned = 'https://models.example/a.onnx';
  const differing = [given(5, 5), given(4, 4), given(4, 4)];
  expect(asked(given(1, -2), differing, undefined, unpinned)).toEqual(['another', 'us', UNDECIDED]);
  expect(asked(given(1, -2), [given(1, -2)], undefined, unpinned)).toEqual(['another', undefined]);
  expect(() => asked(given(1, -2), differing, undefined, `${unpinned}#sha256=${'0'.repeat(64)}`)).toThrow(
    expect.objectContaining({ reason: 'verify-failed' }),
  );
});

test('a result says whether it was checked', () => {
  const result = infer.unpackResult(task, given(1, -2));
  expect([result.checked, infer.asUnchecked?.(result)]).toEqual([true, { ...result, checked: false }]);
});
