import { expect, test } from 'vitest';
import { MAX_WIRE_MESSAGE_CHARS, MESH_ERROR_REASONS, MeshError } from './errors.ts';
import { wireErrorSchema } from './signaling.ts';

test('an error keeps its reason and message across a thread or a link', () => {
  for (const reason of MESH_ERROR_REASONS) {
    const wire = structuredClone(new MeshError(reason, 'Do this.').toWire());
    expect(wireErrorSchema.parse(wire)).toEqual({ reason, message: 'Do this.' });
    const rebuilt = MeshError.from(wire);
    expect(rebuilt).toBeInstanceOf(MeshError);
    expect(rebuilt).toMatchObject({ reason, message: 'Do this.', name: 'MeshError' });
  }
});

test('a MeshError is returned unchanged; any other error gets the fallback reason and keeps its message and cause', () => {
  const known = MeshError.badInput('No.');
  expect(MeshError.from(known, 'malformed')).toBe(known);
  const cause = new TypeError('x is not a function');
  expect(MeshError.from(cause)).toMatchObject({ reason: 'volunteer-failed', message: 'x is not a function', cause });
  expect(MeshError.from(cause, 'device-lost').reason).toBe('device-lost');
});

test('any thrown value becomes a MeshError', () => {
  for (const thrown of [
    undefined,
    null,
    0,
    'text',
    {},
    [],
    { reason: 'bad-input' },
    { reason: 'bad-input', message: 7 },
  ]) {
    expect(MeshError.from(thrown, 'closed')).toMatchObject({ reason: 'closed', message: expect.any(String) });
  }
  expect(MeshError.from({ reason: 'no such reason', message: 'm' }).reason).toBe('volunteer-failed');
});

test.each([
  [700, 600, '700 bytes, and the limit is 600 bytes'],
  [70_000, 65_536, '68.4 KiB, and the limit is 64 KiB'],
  [2 ** 26 + 1, 2 ** 26, '64.1 MiB, and the limit is 64 MiB'],
])(
  'what is too large by %i of %i bytes says so in units that people read, and never reads like its limit',
  (...sizes) => {
    const [sizeBytes, limitBytes, words] = sizes;
    expect(MeshError.tooLarge('The inputs', sizeBytes, limitBytes).message).toContain(words);
  },
);

test('a long message is cut for the wire, so that it does not end the link that carries it', () => {
  const wire = new MeshError('device-lost', 'A shader did not compile. '.repeat(1_000)).toWire();
  expect(wireErrorSchema.parse(wire)).toEqual(wire);
  expect(wire.message).toMatch(/^A shader did not compile\./);
});

test('a message from elsewhere is cut, and a foreign value is never printed', () => {
  const long = 'x'.repeat(100_000);
  const hostile = {
    toString() {
      throw new Error('printed');
    },
  };
  for (const cause of [new Error(long), { reason: 'malformed', message: long }, long])
    expect(MeshError.from(cause).message).toHaveLength(MAX_WIRE_MESSAGE_CHARS);
  expect(MeshError.from(hostile).message).toBe('an unknown error');
});
