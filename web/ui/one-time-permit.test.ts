import { expect, test } from 'vitest';
import { grantPermit, PERMIT_VALID_MS, type PermitStore, takePermit } from './one-time-permit.ts';

const START = 'start room=a&invite=t';

function memoryStore(): PermitStore {
  const items = new Map<string, string>();
  return {
    getItem: (key) => items.get(key) ?? null,
    setItem: (key, value) => void items.set(key, value),
    removeItem: (key) => void items.delete(key),
  };
}

test('a permit in an address is worth nothing unless a page of this origin stored it', () => {
  for (const permit of ['1', '', 'undefined', 'null', 'guess']) {
    expect(takePermit(memoryStore(), START, permit, 0)).toBe(false);
    expect(takePermit(null, START, permit, 0)).toBe(false);
    const store = memoryStore();
    grantPermit(store, START, 'n0nce', 0);
    expect(takePermit(store, START, permit, 0)).toBe(false);
    expect(takePermit(store, START, 'n0nce', 0), 'a wrong guess uses nothing up').toBe(true);
  }
});

test('a permit works once', () => {
  const store = memoryStore();
  expect(grantPermit(store, START, 'n0nce', 0)).toBe(true);
  expect(takePermit(store, START, 'n0nce', 1)).toBe(true);
  expect(takePermit(store, START, 'n0nce', 2)).toBe(false);
});

test('a permit is for one purpose and ends after a minute', () => {
  const store = memoryStore();
  grantPermit(store, START, 'n0nce', 0);
  expect(takePermit(store, 'start room=another', 'n0nce', 1)).toBe(false);
  for (const [ageMs, isGood] of [
    [PERMIT_VALID_MS, true],
    [PERMIT_VALID_MS + 1, false],
    [-1, false],
  ] as const) {
    grantPermit(store, START, 'n0nce', 100);
    expect(takePermit(store, START, 'n0nce', 100 + ageMs), `${ageMs} ms`).toBe(isGood);
  }
});

test('without storage nothing is permitted, and nothing throws', () => {
  expect(grantPermit(null, START, 'n0nce', 0)).toBe(false);
  const full: PermitStore = {
    ...memoryStore(),
    setItem: () => {
      throw new DOMException('full', 'QuotaExceededError');
    },
  };
  expect(grantPermit(full, START, 'n0nce', 0)).toBe(false);
});
