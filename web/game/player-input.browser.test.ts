import { afterEach, beforeEach, expect, it } from 'vitest';
import { PlayerInput } from './player-input.ts';
import { type Controls, NEUTRAL } from './simulation/craft.ts';

const WIDTH_PX = 400;
let target: HTMLElement;
let input: PlayerInput;
let last: Controls;
let pauses: number;

beforeEach(() => {
  target = document.createElement('div');
  target.tabIndex = 0;
  Object.assign(target.style, { position: 'fixed', left: '0', top: '0', width: `${WIDTH_PX}px`, height: '100px' });
  document.body.append(target);
  last = NEUTRAL;
  pauses = 0;
  input = new PlayerInput(
    target,
    (controls) => {
      last = controls;
    },
    () => pauses++,
  );
});

afterEach(() => {
  input.dispose();
  target.remove();
});

function key(type: 'keydown' | 'keyup', code: string, init: KeyboardEventInit = {}): boolean {
  return target.dispatchEvent(new KeyboardEvent(type, { code, cancelable: true, ...init }));
}

/** Only a real pointer can be captured, so the capture is stubbed. */
function finger(type: string, pointerId: number, clientX = 0): void {
  target.setPointerCapture = () => {};
  target.dispatchEvent(new PointerEvent(type, { pointerId, clientX, button: 0 }));
}

it('P pauses once per press, however long it is held', () => {
  key('keydown', 'KeyP');
  key('keydown', 'KeyP', { repeat: true });
  key('keyup', 'KeyP');
  key('keydown', 'KeyP');
  // The browser prints.
  key('keydown', 'KeyP', { ctrlKey: true });
  expect(pauses).toBe(2);
});

it('arrows and WASD steer, brake and boost, and do not scroll the page', () => {
  expect(key('keydown', 'ArrowLeft')).toBe(false);
  expect(last).toEqual({ steer: -1, go: false, brake: false, boost: false });
  key('keydown', 'KeyD');
  expect(last.steer).toBe(0);
  key('keyup', 'ArrowLeft');
  key('keydown', 'Space');
  key('keydown', 'KeyS');
  expect(last).toEqual({ steer: 1, go: false, brake: true, boost: true });
});

it('leaves shortcuts and other keys to the browser', () => {
  expect(key('keydown', 'KeyA', { ctrlKey: true })).toBe(true);
  expect(key('keydown', 'Tab')).toBe(true);
  expect(last).toEqual(NEUTRAL);
});

it('takes the key it asks for while nothing on the page has the focus, and has the focus then', () => {
  const press = (code: string, init: KeyboardEventInit = {}) =>
    document.body.dispatchEvent(new KeyboardEvent('keydown', { code, bubbles: true, cancelable: true, ...init }));
  expect(press('Tab')).toBe(true);
  expect(press('KeyA', { ctrlKey: true })).toBe(true);
  expect([document.activeElement, last]).toEqual([document.body, NEUTRAL]);
  expect(press('ArrowUp')).toBe(false);
  expect(last.go).toBe(true);
  expect(document.activeElement).toBe(target);
  target.blur();
  press('KeyP');
  expect(pauses).toBe(1);
});

it('P on a button over the picture pauses and gives the focus back to the picture; elsewhere it does nothing', () => {
  const figure = document.body.appendChild(document.createElement('figure'));
  const buttons = [figure, document.body].map((parent) => parent.appendChild(document.createElement('button')));
  figure.append(target);
  const pressOn = (button: HTMLElement | undefined, code: string) => {
    button?.focus();
    button?.dispatchEvent(new KeyboardEvent('keydown', { code, bubbles: true, cancelable: true }));
  };
  const [over, elsewhere] = buttons;
  pressOn(elsewhere, 'KeyP');
  pressOn(over, 'Space');
  expect([pauses, document.activeElement]).toEqual([0, over]);
  pressOn(over, 'KeyP');
  expect([pauses, document.activeElement]).toEqual([1, target]);
  figure.remove();
  elsewhere?.remove();
});

it.each(['input', 'textarea', 'select', 'button'] as const)(
  'leaves the keys of a %s that has the focus to it',
  (tag) => {
    const control = document.body.appendChild(document.createElement(tag));
    control.focus();
    const press = new KeyboardEvent('keydown', { code: 'ArrowLeft', bubbles: true, cancelable: true });
    expect(control.dispatchEvent(press)).toBe(true);
    expect([document.activeElement, last]).toEqual([control, NEUTRAL]);
    control.remove();
  },
);

it('out of view it leaves the keys to the page, which scrolls', () => {
  target.style.top = '-60px';
  const press = new KeyboardEvent('keydown', { code: 'ArrowDown', bubbles: true, cancelable: true });
  expect(document.body.dispatchEvent(press)).toBe(true);
  expect(last).toEqual(NEUTRAL);
});

it('losing the focus releases every key', () => {
  key('keydown', 'ArrowRight');
  target.dispatchEvent(new FocusEvent('blur'));
  expect(last).toEqual(NEUTRAL);
});

it('a finger steers towards its position, a second one boosts, lifting them releases', () => {
  finger('pointerdown', 1, WIDTH_PX);
  expect(last).toEqual({ steer: 1, go: true, brake: false, boost: false });
  finger('pointermove', 1, 0);
  expect(last.steer).toBe(-1);
  finger('pointerdown', 2, WIDTH_PX);
  expect(last).toMatchObject({ steer: -1, boost: true });
  finger('pointerup', 2);
  finger('pointerup', 1);
  expect(last).toEqual(NEUTRAL);
});

/** Presses the pad at a place from 0, its left edge, to 1. */
function thumb(type: string, pad: string, pointerId: number, place = 0.5): void {
  const element = target.querySelector<HTMLElement>(`[data-testid="pad-${pad}"]`);
  if (!element) throw new Error('no pad');
  element.style.width = '100px';
  element.setPointerCapture = () => {};
  element.closest<HTMLElement>('.touch-pads')?.style.setProperty('display', 'block');
  const { left, width } = element.getBoundingClientRect();
  element.dispatchEvent(new PointerEvent(type, { pointerId, clientX: left + place * width, button: 0, bubbles: true }));
}

it('two thumbs steer, boost and brake on the pads, which are no place on the picture', () => {
  thumb('pointerdown', 'steer', 1, 0.9);
  expect(last).toEqual({ steer: 1, go: true, brake: false, boost: false });
  thumb('pointermove', 'steer', 1, 0.5);
  thumb('pointerdown', 'boost', 2);
  expect(last).toEqual({ steer: 0, go: true, brake: false, boost: true });
  // Another finger on a pad that is held.
  thumb('pointerdown', 'boost', 3);
  thumb('pointerup', 'boost', 3);
  expect(last.boost).toBe(true);
  thumb('pointerup', 'boost', 2);
  thumb('pointerdown', 'brake', 4);
  expect(last).toEqual({ steer: 0, go: true, brake: true, boost: false });
  thumb('pointercancel', 'brake', 4);
  thumb('pointerup', 'steer', 1);
  expect(last).toEqual(NEUTRAL);
});

it('a thumb that was on a pad when the game lost the focus holds nothing any more', () => {
  thumb('pointerdown', 'steer', 1, 1);
  thumb('pointerdown', 'boost', 2);
  expect(last).toMatchObject({ steer: 1, boost: true });
  target.dispatchEvent(new FocusEvent('blur'));
  expect([last, target.querySelector('.touch-pads__pad--pressed')]).toEqual([NEUTRAL, null]);
  thumb('pointerdown', 'brake', 3);
  expect(last).toEqual({ steer: 0, go: true, brake: true, boost: false });
});

it('the pads’ button pauses, and is not the picture’s', () => {
  const button = target.querySelector('button');
  button?.dispatchEvent(new KeyboardEvent('keydown', { code: 'Space', bubbles: true }));
  button?.click();
  expect([pauses, last]).toEqual([1, NEUTRAL]);
});

it('dispose releases everything and stops listening', () => {
  key('keydown', 'ArrowRight');
  input.dispose();
  expect([last, target.childElementCount]).toEqual([NEUTRAL, 0]);
  key('keydown', 'ArrowLeft');
  expect(last).toEqual(NEUTRAL);
});
