import { expect, test } from 'vitest';
import { MeshError } from '../../../shared/errors.ts';
import { isBroken } from './broken-runtime.ts';

const failed = (cause: unknown) => new MeshError('volunteer-failed', 'It failed. Try again.', { cause });

test.each([
  new Error('failed to call OrtRun(). ERROR_CODE: 6, ERROR_MESSAGE: std::bad_alloc'),
  new Error('ERROR_CODE: 1, ERROR_MESSAGE: Failed to allocate memory for requested buffer of size 4290772992'),
  new Error("Can't create a session. failed to allocate a buffer of size 4290772992."),
  new RangeError('WebAssembly.Memory.grow(): Unable to grow instance memory'),
  new WebAssembly.RuntimeError('Aborted(). Build with -sASSERTIONS for more info.'),
])('a runtime goes on no more after %s', (cause) => {
  expect([isBroken(cause), isBroken(failed(cause))]).toEqual([true, true]);
});

test('a runtime goes on after inputs that a model does not take, and after outputs that no task can carry', () => {
  const refused = new Error('ERROR_CODE: 2, ERROR_MESSAGE: Invalid dimensions');
  expect([isBroken(refused), isBroken(failed(refused))]).toEqual([false, false]);
  expect(isBroken(MeshError.badInput('The output is of a type that no task can carry. Use another model.'))).toBe(
    false,
  );
});
