import { describe, expect, test } from 'vitest';
import { checkArrivedTask } from './catalogue.ts';
import type { PackedResult } from './definition.ts';
import { INFER } from './infer/tensors.ts';
import { type InferInput, infer } from './infer.ts';

const floats = (...values: number[]) => ({ type: 'float32', dims: [values.length], data: Float32Array.from(values) });
const input: InferInput = { model: 'steering', inputs: { x: floats(1, 2, 3) } };

describe('an input is refused', () => {
  test.each<[string, unknown]>([
    ['without a model', { inputs: input.inputs }],
    ['with a name that is a path', { ...input, model: '../secret' }],
    ['with a URL of a file', { ...input, model: 'file:///etc/passwd' }],
    ['with code for a URL', { ...input, model: 'javascript:1' }],
    ['without inputs', { ...input, inputs: {} }],
    ['with a type that no model has', { ...input, inputs: { x: { ...floats(1), type: 'string' } } }],
    ['with a type of another world', { ...input, inputs: { x: { ...floats(1), type: 'constructor' } } }],
    ['with more data than its sizes say', { ...input, inputs: { x: { ...floats(1, 2), dims: [1] } } }],
    ['with less', { ...input, inputs: { x: { ...floats(1, 2), dims: [2, 2] } } }],
    ['with half a size', { ...input, inputs: { x: { ...floats(1, 2), dims: [0.5, 4] } } }],
    ['with nothing in it', { ...input, inputs: { x: { ...floats(), dims: [0] } } }],
    ['with plain numbers', { ...input, inputs: { x: { ...floats(1), data: [1] } } }],
    ['with too many sizes', { ...input, inputs: { x: { ...floats(1), dims: Array(INFER.maxRank + 1).fill(1) } } }],
    ['with truth that is 2', { ...input, inputs: { x: { type: 'bool', dims: [1], data: new Uint8Array([2]) } } }],
    ['with an effort of its own', { ...input, effort: 'heroic' }],
    [
      'with too many of them',
      { ...input, inputs: Object.fromEntries(Array.from({ length: INFER.maxTensors + 1 }, (_, i) => [i, floats(1)])) },
    ],
  ])('%s', (_, wrong) => {
    expect(() => infer.pack(wrong as InferInput)).toThrow(
      expect.objectContaining({ reason: 'bad-input', message: expect.stringMatching(/\.$/) }),
    );
  });

  test('that is more than a transfer carries, before anything of it is copied', () => {
    const dims = [INFER.maxBytes, 1_024];
    expect(() => infer.pack({ ...input, inputs: { x: { type: 'uint8', dims, data: new Uint8Array(1) } } })).toThrow(
      expect.objectContaining({ reason: 'too-large' }),
    );
  });
});

test('a task is what its volunteer accepts, and its input may be changed once it is packed', () => {
  const data = Float32Array.from([0, 1, 2, 3]);
  const mask = { type: 'bool', dims: [1, 2], data: new Uint8Array([0, 1]) };
  // A part of a larger array, of which only that travels.
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
    { params: { ...params, inputs: [] }, attachments: [] },
    { params: { ...params, inputs: [x, { ...mask, dims: [-4] }] }, attachments },
    { params: { ...params, inputs: [x, { ...mask, dims: [INFER.maxBytes, INFER.maxBytes] }] }, attachments },
    { params: { ...params, model: 'a/b' }, attachments },
    { params: { ...params, extra: 1 }, attachments },
  ];
  for (const task of wrong) {
    expect(() => checkArrivedTask('infer', task)).toThrow(expect.objectContaining({ reason: 'malformed' }));
  }
});

describe('a result', () => {
  const task = infer.pack(input);
  const answer = (header: unknown, bytes: Uint8Array) => ({ value: { outputs: [header] }, attachments: [bytes] });

  test('comes as typed arrays by name, wherever its bytes lie', () => {
    const odd = new Uint8Array(new ArrayBuffer(17), 1);
    new DataView(odd.buffer, 1).setBigInt64(8, -5n, true);
    const { outputs } = infer.unpackResult(task, answer({ name: 'y', type: 'int64', dims: [2] }, odd));
    expect(outputs).toEqual({ y: { type: 'int64', dims: [2], data: BigInt64Array.of(0n, -5n) } });
  });

  test('may be empty, and have a name that means something elsewhere', () => {
    const header = { name: '__proto__', type: 'uint8', dims: [0, 4] };
    const { outputs } = infer.unpackResult(task, answer(header, new Uint8Array(0)));
    expect(Object.keys(outputs)).toEqual(['__proto__']);
  });

  test.each([
    ['of another length', answer({ name: 'y', type: 'float32', dims: [2] }, new Uint8Array(7))],
    ['of no known type', answer({ name: 'y', type: 'string', dims: [1] }, new Uint8Array(1))],
    ['without its bytes', { value: { outputs: [{ name: 'y', type: 'bool', dims: [1] }] }, attachments: [] }],
    ['that is nothing', { value: null, attachments: [] }],
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

/** Who was asked, in turn, until the check was over; `answers` are theirs. */
function asked(result: PackedResult, answers: PackedResult[]): string[] {
  const checks = infer.verify(task, infer.unpackResult(task, result), () => 0);
  const who: string[] = [];
  for (let step = checks.next(); !step.done; ) {
    if (step.value) who.push(step.value.by);
    step = checks.next(answers[who.length - 1]);
  }
  return who;
}

test('what another machine agrees with is right, also where it rounds otherwise', () => {
  expect(asked(given(1, -2), [given(1, -2)])).toEqual(['another']);
  expect(asked(given(1, -2), [given(1.0004, -2.0006)])).toEqual(['another']);
});

test('where two differ, this machine decides: the other one may be the cheat', () => {
  expect(asked(given(1, -2), [given(5, 5), given(1, -2)])).toEqual(['another', 'us']);
});

test('what neither agrees with is refused', () => {
  expect(() => asked(given(1, -2), [given(5, 5), given(5, 5)])).toThrow(
    expect.objectContaining({ reason: 'verify-failed' }),
  );
});
