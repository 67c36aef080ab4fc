import { expect, test } from 'vitest';
import { INPUT_KIND } from '../tuning.ts';
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

test('looking is dear: of a stream one picture in so many is looked at', () => {
  const memory = new InputKindMemory();
  const aliased = aliasedPicture();
  const smooth = smoothPicture();
  expect(memory.of(aliased)).toBe('aliased');
  const kinds = Array.from({ length: 2 * INPUT_KIND.framesBetweenLooks }, () => memory.of(smooth));
  expect(kinds.indexOf('smooth')).toBe(2 * INPUT_KIND.framesBetweenLooks - 1);
});
