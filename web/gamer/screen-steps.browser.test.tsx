import { render } from 'preact';
import { afterEach, expect, test, vi } from 'vitest';
import { ScreenSteps } from './screen-steps.tsx';

let page: HTMLElement;

afterEach(() => {
  render(null, page);
  page.remove();
});

function shown(isShared: boolean, isFloating: boolean | null) {
  const [onShare, onFloat] = [vi.fn(), vi.fn()];
  page = document.body.appendChild(document.createElement('div'));
  render(<ScreenSteps isShared={isShared} isFloating={isFloating} onShare={onShare} onFloat={onFloat} />, page);
  const steps = [...page.querySelectorAll('li')];
  const isDone = steps.map((step) => step.className.includes('--done'));
  return {
    onShare,
    onFloat,
    isDone,
    button: (nth: number) => steps[nth]?.querySelector('button'),
    text: page.textContent,
  };
}

test('before something is shared, only sharing is possible', () => {
  const { isDone, button, onShare } = shown(false, null);
  expect(isDone).toEqual([false, false, false]);
  expect(button(2)?.disabled).toBe(true);
  button(1)?.click();
  expect(onShare).toHaveBeenCalledOnce();
});

test('once something is shared, the small window is offered first', () => {
  const { isDone, button, onFloat } = shown(true, false);
  expect(isDone).toEqual([true, true, false]);
  expect([button(1)?.className, button(2)?.className].map((name) => name?.includes('primary'))).toEqual([false, true]);
  button(2)?.click();
  expect(onFloat).toHaveBeenCalledOnce();
});

test('a browser without small windows is told what else to do', () => {
  expect(shown(true, null).text).toContain('Watch the sharp picture here');
});
