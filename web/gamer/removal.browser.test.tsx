import { render } from 'preact';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { StatusLine } from '../ui/layout.tsx';
import { Removal } from './removal.tsx';

let root: HTMLElement;

beforeEach(() => {
  root = document.body.appendChild(document.createElement('div'));
});

afterEach(() => {
  render(null, root);
  root.remove();
});

const named = (name: string) =>
  [...root.querySelectorAll<HTMLElement>('button')].find(({ textContent }) => textContent === name);

function press(name: string): void {
  named(name)?.focus();
  named(name)?.click();
}

test('by keyboard, the question takes the focus, and gives it back with its answer; with who is removed it goes to the status', async () => {
  const onRemove = vi.fn();
  const show = (isThere: boolean) =>
    render(
      <>
        <StatusLine tone="good" headline="Somebody helps." />
        {isThere && (
          <Removal name="brave-otter" onRemove={onRemove} describedBy={undefined}>
            It cannot rejoin. Remove it?
          </Removal>
        )}
      </>,
      root,
    );
  show(true);
  const question = () => root.querySelector('fieldset');
  const isFocused = (element: Element | null | undefined) => element != null && element === document.activeElement;
  press('Remove');
  await expect.poll(() => isFocused(question())).toBe(true);
  press('Keep');
  await expect.poll(() => isFocused(named('Remove'))).toBe(true);
  press('Remove');
  await expect.poll(() => isFocused(question())).toBe(true);
  press('Remove');
  expect(onRemove).toHaveBeenCalledOnce();
  await expect.poll(() => question() === null && isFocused(named('Remove'))).toBe(true);
  show(false);
  await expect.poll(() => document.activeElement?.textContent).toBe('Somebody helps.');
});
