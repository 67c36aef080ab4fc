import { expect, test } from 'vitest';
import { InputKindMemory } from './input-kind-memory.ts';
import { aliasedPicture, smoothPicture } from './test-input-kinds.ts';

test('one odd picture changes nothing, two in a row do', () => {
  const memory = new InputKindMemory();
  expect(memory.kind).toBeNull();
  expect(memory.look(aliasedPicture())).toBe('aliased');
  expect(memory.look(smoothPicture())).toBe('aliased');
  expect(memory.look(aliasedPicture())).toBe('aliased');
  expect(memory.look(smoothPicture())).toBe('aliased');
  expect(memory.look(smoothPicture())).toBe('smooth');
  expect(memory.kind).toBe('smooth');
});
