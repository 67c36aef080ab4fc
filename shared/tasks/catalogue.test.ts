import { expect, test } from 'vitest';
import { TRANSFER } from '../protocol-limits.ts';
import { checkArrivedResult, checkArrivedTask, definitionOf } from './catalogue.ts';
import { TASK_NAMES } from './definition.ts';
import { echo } from './echo.ts';

const bytes = Uint8Array.of(1, 2, 3);

test('every definition is listed under its own type', () => {
  for (const type of TASK_NAMES) expect(definitionOf(type).type).toBe(type);
});

test('the error for an unknown type lists the known ones', () => {
  for (const type of ['nothing', '', 'constructor', '__proto__', 'toString']) {
    expect(() => definitionOf(type)).toThrow(
      expect.objectContaining({ reason: 'unknown-task', message: expect.stringContaining('echo, upscale') }),
    );
  }
});

test('a volunteer accepts a packed task, and an echo comes back unchanged', () => {
  const task = echo.pack({ bytes });
  expect(checkArrivedTask('echo', structuredClone(task))).toEqual(task);
  expect(echo.unpackResult(task, { value: null, attachments: task.attachments })).toEqual({ bytes });
});

test('changing an input after packing has no effect', () => {
  const input = bytes.slice();
  const task = echo.pack({ bytes: input });
  input.fill(9);
  expect(task.attachments).toEqual([bytes]);
});

test.each([
  ['unknown params', { params: { sizeBytes: 3, extra: 1 }, attachments: [bytes] }],
  ['missing params', { params: undefined, attachments: [bytes] }],
  ['a negative size', { params: { sizeBytes: -1 }, attachments: [bytes] }],
  ['no attachment', { params: { sizeBytes: 3 }, attachments: [] }],
  ['an attachment too many', { params: { sizeBytes: 3 }, attachments: [bytes, bytes] }],
  ['an attachment of another size', { params: { sizeBytes: 4 }, attachments: [bytes] }],
])('a task that arrives with %s is malformed', (_, task) => {
  expect(() => checkArrivedTask('echo', task)).toThrow(expect.objectContaining({ reason: 'malformed' }));
});

test('an echo of the wrong size is malformed', () => {
  for (const attachments of [[], [bytes, bytes], [bytes.subarray(1)]]) {
    expect(() =>
      echo.unpackResult({ params: { sizeBytes: 3 }, attachments: [bytes] }, { value: null, attachments }),
    ).toThrow(expect.objectContaining({ reason: 'malformed' }));
  }
});

test('echo refuses values other than bytes, and more than fits into a transfer', () => {
  for (const wrong of ['text', [1, 2], new ArrayBuffer(3), undefined]) {
    expect(() => echo.pack({ bytes: wrong as unknown as Uint8Array })).toThrow(
      expect.objectContaining({ reason: 'bad-input' }),
    );
  }
  const huge = new Uint8Array(TRANSFER.maxTransferBytes);
  expect(() => echo.pack({ bytes: huge })).toThrow(expect.objectContaining({ reason: 'too-large' }));
});

test('a result with anything that its type does not name is malformed, and so is never kept', () => {
  const task = echo.pack({ bytes: new Uint8Array(4) });
  const definition = definitionOf('echo');
  const arrived = (value: unknown) => () =>
    checkArrivedResult(definition, task, { value, attachments: [new Uint8Array(4)] });
  expect(arrived(null)()).toEqual({ bytes: new Uint8Array(4) });
  for (const value of [{ hidden: 'x'.repeat(1_000) }, [], 0, 'text', {}])
    expect(arrived(value)).toThrow(expect.objectContaining({ reason: 'malformed' }));
  for (const type of TASK_NAMES) {
    const outputs = [{ name: 'y', type: 'uint8', dims: [1] }];
    expect(definitionOf(type).value.safeParse({ outputs, more: 1 }).success, type).toBe(false);
    expect(definitionOf(type).value.safeParse({ outputs: [{ ...outputs[0], more: 1 }] }).success, type).toBe(false);
  }
});
