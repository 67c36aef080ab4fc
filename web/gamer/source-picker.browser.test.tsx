import { render } from 'preact';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { MeshError } from '../../shared/errors.ts';
import type { Refusal } from './player.ts';
import type { SourceChoice, SourceKind } from './source.ts';
import { SourcePicker } from './source-picker.tsx';

let root: HTMLElement;

beforeEach(() => {
  root = document.body.appendChild(document.createElement('div'));
});

afterEach(() => {
  render(null, root);
  root.remove();
});

const GAME: SourceChoice = { kind: 'game' };

async function show(refusal: Refusal | null, choice: SourceChoice = GAME) {
  const told = { onDismiss: vi.fn(), onChoose: vi.fn(), onCapture: vi.fn(), onStopCapture: vi.fn(), onFloat: vi.fn() };
  const offers = { hasEnded: false, captures: ['screen', 'camera'] as const, isFloating: null, screenSound: null };
  render(<SourcePicker choice={choice} refusal={refusal} {...offers} {...told} />, root);
  await new Promise((resolve) => setTimeout(resolve));
  return told;
}

const shownKind = () => root.querySelector<HTMLInputElement>('input[type=radio]:checked')?.value;
const described = (element: Element | null | undefined) =>
  document.getElementById(element?.getAttribute('aria-describedby') ?? '')?.textContent ?? '';

test.each([
  ['camera', '[data-testid=source-camera]'],
  ['screen', '[data-testid=source-screen]'],
  ['image', '.source-picker__ways:not([hidden]) button'],
  ['video', '.source-picker__ways:not([hidden]) button'],
  ['game', '[data-testid=source]'],
] as const)(
  'a %s that was refused is told right below what asks for it, which is described by it',
  async (kind, control) => {
    await show({ kind, error: new MeshError('cancelled', 'It was not allowed.') });
    // Also where it was asked for elsewhere on the page.
    await expect.poll(shownKind).toBe(kind satisfies SourceKind);
    expect(root.querySelectorAll('[role=alert]')).toHaveLength(1);
    expect(described(root.querySelector(control))).toContain('It was not allowed.');
  },
);

test('a dropped file that is nothing to show is told there too', async () => {
  await show({ kind: null, error: MeshError.badInput('“notes.txt” is neither a picture nor a video.') });
  expect(shownKind()).toBe('game');
  expect(described(root.querySelector('[data-testid=source]'))).toContain('notes.txt');
});

test('looking for another source takes the error away, and stopping a camera is not choosing the game', async () => {
  const told = await show({ kind: 'camera', error: new MeshError('cancelled', 'It was not allowed.') });
  root.querySelector<HTMLInputElement>('input[value=video]')?.click();
  expect(told.onDismiss).toHaveBeenCalledOnce();
  const track = { readyState: 'live' } as MediaStreamTrack;
  const { onStopCapture, onChoose } = await show(null, { kind: 'camera', track });
  // The kind that is shown follows the choice in an effect.
  const stop = () => [...root.querySelectorAll('button')].find(({ textContent }) => textContent === 'Stop the camera');
  await expect.poll(stop).toBeDefined();
  stop()?.click();
  expect([onStopCapture, onChoose].map(({ mock }) => mock.calls.length)).toEqual([1, 0]);
});

test.each([
  ['source-camera', { kind: 'camera' }],
  [null, GAME],
] as const)(
  'a button that goes when a source begins or ends hands its focus to the kinds of sources',
  async (testId, next) => {
    const track = { readyState: 'live' } as MediaStreamTrack;
    const camera: SourceChoice = { kind: 'camera', track };
    await show({ kind: 'camera', error: new MeshError('cancelled', 'It was not allowed.') }, testId ? GAME : camera);
    await expect.poll(shownKind).toBe('camera');
    const button = testId
      ? root.querySelector<HTMLElement>(`[data-testid=${testId}]`)
      : [...root.querySelectorAll('button')].find(({ textContent }) => textContent === 'Stop the camera');
    button?.focus();
    expect(document.activeElement).toBe(button);
    await show(null, next.kind === 'game' ? GAME : camera);
    expect(document.activeElement).toBe(root.querySelector(`input[value=${next.kind}]`));
  },
);
