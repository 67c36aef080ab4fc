import { expect, it } from 'vitest';
import { DEFAULT_CHOICES, linkedChoices, rememberChoices, rememberedChoices } from './remembered-choices.ts';

function storeWith(text: string | null) {
  let kept = text;
  return {
    getItem: () => kept,
    setItem: (_key: string, value: string) => {
      kept = value;
    },
  };
}

it('the page opens as it was left: mode, where, quality and scale', () => {
  const store = storeWith(null);
  expect(rememberedChoices(store)).toEqual(DEFAULT_CHOICES);
  for (const choice of [{ mode: 'compare' }, { where: 'local' }, { quality: 'fast' }, { scale: 3 }] as const) {
    rememberChoices(store, choice);
  }
  expect(rememberedChoices(store)).toEqual({ mode: 'compare', where: 'local', quality: 'fast', scale: 3 });
});

it('a stored choice that is invalid costs no other, and whatever else is stored is ignored', () => {
  const stored = JSON.stringify({ mode: 'full', where: ['auto'], quality: 'best', scale: 3, other: 1, __proto__: 2 });
  expect(rememberedChoices(storeWith(stored))).toEqual({ ...DEFAULT_CHOICES, scale: 3 });
  const huge = JSON.stringify({ scale: 3, other: 'x'.repeat(70_000) });
  for (const text of ['no JSON', 'null', '[]', '3', '"text"', '', huge, '{"scale":"3"}', '{"scale":1e9}']) {
    expect(rememberedChoices(storeWith(text)), text.slice(0, 20)).toEqual(DEFAULT_CHOICES);
  }
});

it('a scale that the page does not offer for any picture is not kept', () => {
  const store = storeWith(null);
  rememberChoices(store, { scale: 1.37 });
  expect(rememberedChoices(store)).toEqual(DEFAULT_CHOICES);
});

it('a link chooses for one visit, and only what it names', () => {
  expect(linkedChoices('?mode=compare&scale=1.5&quality=ultra&log=debug')).toEqual({
    ...{ mode: 'compare', scale: 1.5, quality: 'ultra' },
  });
  expect(linkedChoices('?mode=full&scale=1e9&quality=&where=nowhere')).toEqual({});
  expect(linkedChoices('')).toEqual({});
  const store = storeWith(null);
  rememberChoices(store, { scale: 3 });
  expect({ ...rememberedChoices(store), ...linkedChoices('?scale=4') }.scale).toBe(4);
  rememberChoices(store, { mode: 'compare' });
  expect(rememberedChoices(store).scale).toBe(3);
});

it('where nothing can be kept, choices last as long as the page', () => {
  const forbidden = () => {
    throw new Error('forbidden');
  };
  const store = { getItem: forbidden, setItem: forbidden };
  expect(() => rememberChoices(store, { scale: 3 })).not.toThrow();
  expect(rememberedChoices(store)).toEqual(DEFAULT_CHOICES);
  expect(rememberedChoices(null)).toEqual(DEFAULT_CHOICES);
});
