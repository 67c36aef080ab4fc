import { expect, test } from 'vitest';
import { hidesAddress, rememberAudience, rememberedAudience } from './address-field.tsx';

test('by default, strangers from the lobby do not see the address, and invited people connect directly', () => {
  const audience = rememberedAudience(null);
  expect([hidesAddress(audience, true), hidesAddress(audience, false)]).toEqual([true, false]);
  expect([hidesAddress('everyone', true), hidesAddress('everyone', false)]).toEqual([false, false]);
  expect([hidesAddress('nobody', true), hidesAddress('nobody', false)]).toEqual([true, true]);
});

test('the choice is remembered, and anything else in the storage hides the address from strangers', () => {
  const items = new Map<string, string>();
  const store = {
    getItem: (key: string) => items.get(key) ?? null,
    setItem: (key: string, value: string) => void items.set(key, value),
  };
  for (const audience of ['nobody', 'everyone', 'invited'] as const) {
    rememberAudience(store, audience);
    expect(rememberedAudience(store)).toBe(audience);
  }
  for (const key of [...items.keys()]) items.set(key, 'no such choice');
  expect(rememberedAudience(store)).toBe('invited');
});
