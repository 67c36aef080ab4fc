import { expect, test } from 'vitest';
import { helpingBefore } from './history-state.ts';

const LEFT = { helping: { invite: { room: 'den', token: 't' } } };

test('a volunteer that comes back by the browser’s history helps where it did', () => {
  expect(helpingBefore(LEFT, 'back_forward')).toEqual(LEFT.helping);
  expect(helpingBefore({ helping: { invite: null } }, 'back_forward'), 'in the lobby').toEqual({ invite: null });
});

test('nothing starts by itself on any other way to the page, nor where the person had stopped', () => {
  for (const arrival of ['navigate', 'reload', 'prerender', undefined]) expect(helpingBefore(LEFT, arrival)).toBeNull();
  for (const state of [null, undefined, {}, { helping: null }, { helping: { invite: 7 } }]) {
    expect(helpingBefore(state, 'back_forward')).toBeNull();
  }
});
