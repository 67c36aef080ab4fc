import { describe, expect, it } from 'vitest';
import { friendlyName, type NameStore, rememberedName } from './friendly-name.ts';

function memoryStore(): NameStore {
  const items = new Map<string, string>();
  return { getItem: (key) => items.get(key) ?? null, setItem: (key, value) => void items.set(key, value) };
}

describe('names', () => {
  it('are two words for any random number', () => {
    for (const random of [0, 0.5, 0.999_999]) expect(friendlyName(() => random)).toMatch(/^[a-z]+-[a-z]+$/);
  });

  it('stay the same from one visit to the next', () => {
    const store = memoryStore();
    const first = rememberedName(store, 'gamer', () => 0);
    expect(rememberedName(store, 'gamer', () => 0.9)).toBe(first);
  });

  it('differ between the roles of one browser', () => {
    const store = memoryStore();
    const gamer = rememberedName(store, 'gamer', () => 0);
    expect(rememberedName(store, 'volunteer', () => 0.9)).not.toBe(gamer);
  });

  it('do without storage, and survive one that is full', () => {
    const full: NameStore = {
      getItem: () => null,
      setItem: () => {
        throw new DOMException('full', 'QuotaExceededError');
      },
    };
    expect(rememberedName(null, 'gamer', () => 0)).toBe(rememberedName(full, 'gamer', () => 0));
  });
});
