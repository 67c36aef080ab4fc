import { expect, test } from 'vitest';
import { moved, transformOf, viewAfterKey, WHOLE, zoomed } from './viewport.ts';

test('zooming keeps the point under the pointer', () => {
  const view = zoomed(WHOLE, 4, 0.25, 0.75);
  expect(view.zoom).toBe(4);
  // What was at a quarter of the whole is at a quarter of the window.
  expect(view.x + (0.25 - 0.5) / view.zoom).toBeCloseTo(0.25);
  expect(view.y + (0.75 - 0.5) / view.zoom).toBeCloseTo(0.75);
});

test('the visible part never leaves the picture', () => {
  expect(moved(WHOLE, 1, 1)).toEqual(WHOLE);
  expect(moved(zoomed(WHOLE, 2), 9, -9)).toEqual({ zoom: 2, x: 0.25, y: 0.75 });
  expect(zoomed(moved(zoomed(WHOLE, 2), 9, 9), 0.1)).toEqual(WHOLE);
});

test('the transform shows exactly the visible part', () => {
  expect(transformOf(WHOLE)).toBe('translate(0%, 0%) scale(1)');
  expect(transformOf({ zoom: 2, x: 0.25, y: 0.75 })).toBe('translate(0%, -100%) scale(2)');
});

test('keys pan and zoom; other keys do nothing', () => {
  expect(viewAfterKey(WHOLE, '+')?.zoom).toBe(1.5);
  expect(viewAfterKey({ zoom: 2, x: 0.5, y: 0.5 }, 'ArrowRight')?.x).toBeCloseTo(0.55);
  expect(viewAfterKey({ zoom: 2, x: 0.5, y: 0.5 }, '0')).toEqual(WHOLE);
  expect(viewAfterKey(WHOLE, 'Tab')).toBeNull();
});
