import { expect, test } from 'vitest';
import { readStored, writeStored } from './stored-json.ts';

const storeOf = (text: string | null) => ({ getItem: () => text, setItem: () => {} });
const blocked = {
  getItem: () => {
    throw new Error('denied');
  },
  setItem: () => {
    throw new Error('full');
  },
};

test('what was written is read again', () => {
  const kept = new Map<string, string>();
  const store = {
    getItem: (key: string) => kept.get(key) ?? null,
    setItem: (key: string, text: string) => void kept.set(key, text),
  };
  writeStored(store, 'choice', { scale: 2 });
  expect(readStored(store, 'choice')).toEqual({ scale: 2 });
});

test('nothing, text that is no JSON, far too much of it and a forbidden storage are all read as null', () => {
  for (const store of [null, storeOf(null), storeOf('{'), storeOf(JSON.stringify('x'.repeat(70_000))), blocked])
    expect(readStored(store, 'choice')).toBeNull();
});

test('a full storage costs nothing but what it would keep', () => {
  expect(() => writeStored(blocked, 'choice', 1)).not.toThrow();
});
