import { expect, test } from 'vitest';
import type { PackedResult } from '../definition.ts';
import { infer } from '../infer.ts';

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
