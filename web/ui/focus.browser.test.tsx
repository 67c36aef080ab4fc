import { render } from 'preact';
import { useRef } from 'preact/hooks';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Button } from './buttons.tsx';
import { StatusLine } from './layout.tsx';

let root: HTMLElement;

beforeEach(() => {
  root = document.body.appendChild(document.createElement('div'));
});

afterEach(() => {
  render(null, root);
  root.remove();
});

/** A page whose button is there until it is pressed, and leaves a field in its place where it has a successor. */
function Page({ isPressed, isReplaced }: { isPressed: boolean; isReplaced: boolean }) {
  const field = useRef<HTMLInputElement>(null);
  return (
    <>
      <StatusLine tone="idle" headline="Nothing happens." />
      {!isPressed && (
        <Button onPress={() => {}} successor={() => field.current}>
          Short code
        </Button>
      )}
      {isPressed && isReplaced && <input ref={field} aria-label="Code" />}
    </>
  );
}

const focused = () => document.activeElement?.getAttribute('aria-label') ?? document.activeElement?.textContent;

test.each([
  [true, 'Code'],
  [false, 'Nothing happens.'],
])(
  'a button that leaves the page hands its focus to what replaces it (%s), else to the status line',
  async (isReplaced, to) => {
    render(<Page isPressed={false} isReplaced={isReplaced} />, root);
    root.querySelector('button')?.focus();
    expect(focused()).toBe('Short code');
    render(<Page isPressed={true} isReplaced={isReplaced} />, root);
    await Promise.resolve();
    expect(focused()).toBe(to);
  },
);

test('one that has no focus takes none along', async () => {
  render(<Page isPressed={false} isReplaced={true} />, root);
  render(<Page isPressed={true} isReplaced={true} />, root);
  await Promise.resolve();
  expect(document.activeElement).toBe(document.body);
});

test('a button that its own press turns off keeps the focus, and does nothing meanwhile', () => {
  let presses = 0;
  const show = (isOff: boolean) =>
    render(
      <Button onPress={() => presses++} isOff={isOff}>
        Make a new link
      </Button>,
      root,
    );
  show(false);
  const button = root.querySelector('button');
  button?.focus();
  button?.click();
  show(true);
  button?.click();
  expect([presses, focused(), button?.ariaDisabled]).toEqual([1, 'Make a new link', 'true']);
  show(false);
  button?.click();
  expect([presses, button?.ariaDisabled]).toEqual([2, null]);
});
