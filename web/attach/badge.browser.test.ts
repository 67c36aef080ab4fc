import { afterEach, expect, test, vi } from 'vitest';
import type { SessionStatus } from './attach-session.ts';
import { Badge } from './badge.ts';

const STATUS: SessionStatus = {
  tone: 'idle',
  title: 'No helper',
  detail: 'Nobody helps yet.',
  inviteLink: null,
  hasEnded: false,
};

let badge: Badge;

afterEach(() => {
  badge.remove();
  vi.restoreAllMocks();
  document.body.replaceChildren();
});

function shown(status: Partial<SessionStatus> = {}) {
  const listener = { onClose: vi.fn(), onRetry: vi.fn() };
  badge = new Badge(listener);
  badge.show({ ...STATUS, ...status });
  const root = document.querySelector('p2c2r-badge')?.shadowRoot;
  if (!root) throw new Error('no badge');
  const buttonOf = (name: string) => {
    const buttons = [...root.querySelectorAll('button')];
    const found = buttons.find((button) => (button.ariaLabel ?? button.textContent) === name);
    if (!found) throw new Error(`no button ${name}`);
    return found;
  };
  return { listener, root, buttonOf };
}

test('keys and presses on the badge are none of the game’s, and the game keeps the focus', () => {
  const game = document.body.appendChild(Object.assign(document.createElement('canvas'), { tabIndex: 0 }));
  game.focus();
  const heard: string[] = [];
  for (const type of ['keydown', 'pointerdown'])
    document.addEventListener(type, () => heard.push(type), { once: true });
  const { buttonOf } = shown();
  const close = buttonOf('Stop sharpening');
  const press = new PointerEvent('pointerdown', { bubbles: true, composed: true, cancelable: true });
  close.dispatchEvent(press);
  close.dispatchEvent(new KeyboardEvent('keydown', { key: ' ', bubbles: true, composed: true }));
  expect([heard, press.defaultPrevented, document.activeElement]).toEqual([[], true, game]);
});

test('details open on demand, and by themselves where something failed, with another attempt', () => {
  const { root, buttonOf, listener } = shown();
  const panel = root.querySelector<HTMLElement>('.panel');
  expect(panel?.hidden).toBe(true);
  const toggle = buttonOf('P2C2R: No helper. Details');
  toggle.click();
  expect([panel?.hidden, toggle.ariaExpanded]).toEqual([false, 'true']);
  toggle.click();
  badge.show({ ...STATUS, tone: 'failed', title: 'Not sharpened', hasEnded: true });
  expect(panel?.hidden).toBe(false);
  buttonOf('Try again').click();
  expect(listener.onRetry).toHaveBeenCalledOnce();
});

test('an invite is copied, or shown where the page may not copy', async () => {
  const copy = vi.spyOn(navigator.clipboard, 'writeText').mockResolvedValueOnce();
  const { root, buttonOf } = shown({ inviteLink: 'https://server/volunteer#room=r' });
  const button = buttonOf('Copy invite link');
  button.click();
  await expect.poll(() => button.textContent).toBe('Copied: send it to a friend');
  expect(copy).toHaveBeenCalledWith('https://server/volunteer#room=r');
  copy.mockRejectedValueOnce(new DOMException('no', 'NotAllowedError'));
  button.click();
  const field = root.querySelector('input');
  await expect.poll(() => field?.hidden).toBe(false);
  expect(field?.value).toBe('https://server/volunteer#room=r');
});

test('closing it removes it and ends the session', () => {
  const { buttonOf, listener } = shown();
  buttonOf('Stop sharpening').click();
  expect(listener.onClose).toHaveBeenCalledOnce();
  expect(document.querySelector('p2c2r-badge')).toBeNull();
});
