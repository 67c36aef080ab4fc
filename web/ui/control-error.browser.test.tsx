import { render } from 'preact';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { ControlError, type ShownError } from './control-error.tsx';
import { Segmented } from './fields.tsx';

let root: HTMLElement;

beforeEach(() => {
  root = document.body.appendChild(document.createElement('div'));
});

afterEach(() => {
  render(null, root);
  root.remove();
});

/** A control a screen or two down the page, as on a phone. */
function show(error: ShownError | null, onDismiss = () => {}) {
  const page = (
    <>
      <div ref={(space) => space?.style.setProperty('height', '3000px')} />
      <button type="button" aria-describedby={error ? 'wrong' : undefined}>
        Start the camera
      </button>
      <ControlError id="wrong" error={error} onDismiss={onDismiss} />
    </>
  );
  render(page, root);
}

test('an error is told right below its control, announced, and scrolled into view each time there is a new one', async () => {
  const inView = () => {
    const { top, bottom } = root.querySelector('[role=alert]')?.getBoundingClientRect() ?? new DOMRect(0, -1, 0, 0);
    // Pages scroll by whole pixels.
    return top > -1 && bottom < innerHeight + 1;
  };
  show(null);
  expect(root.querySelector('[role=alert]')).toBeNull();
  show({ reason: 'cancelled', message: 'The camera was not allowed.' });
  await expect.poll(inView).toBe(true);
  const describedBy = root.querySelector('button')?.getAttribute('aria-describedby') ?? '';
  expect(document.getElementById(describedBy)?.textContent).toContain(
    'Not allowed, or cancelled. The camera was not allowed.',
  );
  scrollTo(0, 0);
  show({ reason: 'bad-input', message: 'No camera was found.' });
  await expect.poll(inView).toBe(true);
});

test('it goes when it is dismissed', () => {
  const onDismiss = vi.fn();
  show({ reason: 'cancelled', message: 'The camera was not allowed.' }, onDismiss);
  root.querySelector<HTMLButtonElement>('[role=alert] button')?.click();
  expect(onDismiss).toHaveBeenCalledOnce();
});

test('dismissed by keyboard, it hands the focus back to its control', () => {
  const wrong = { reason: 'cancelled', message: 'The camera was not allowed.' };
  show(wrong, () => show(null));
  const dismiss = root.querySelector<HTMLButtonElement>('[role=alert] button');
  // A focus that a script gives is a visible one, as by keyboard.
  dismiss?.focus();
  dismiss?.click();
  expect(root.querySelector('[role=alert]')).toBeNull();
  expect(document.activeElement?.textContent).toBe('Start the camera');
});

test('where its first control takes no focus, it hands the focus to the next one: the checked one of a group, none that is hidden or inert', () => {
  const error: ShownError = { reason: 'cancelled', message: 'Sharing was not allowed.' };
  render(
    <>
      <button type="button" aria-describedby="wrong" hidden>
        Choose a file…
      </button>
      <div inert>
        <button type="button" aria-describedby="wrong">
          Short code
        </button>
      </div>
      <Segmented
        legend="Source"
        choices={['game', 'screen'].map((kind) => ({ value: kind, label: kind }))}
        value="screen"
        onChange={() => {}}
        describedBy="wrong"
      />
      <ControlError id="wrong" error={error} onDismiss={() => {}} />
    </>,
    root,
  );
  const dismiss = root.querySelector<HTMLButtonElement>('[role=alert] button');
  dismiss?.focus();
  dismiss?.click();
  expect(document.activeElement).toBe(root.querySelector('input[value=screen]'));
});
