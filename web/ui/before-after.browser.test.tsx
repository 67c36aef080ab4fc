import { render } from 'preact';
import { useState } from 'preact/hooks';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { BeforeAfter } from './before-after.tsx';

const settled = () => new Promise((resolve) => setTimeout(resolve));

describe('the before/after divider', () => {
  let root: HTMLElement;
  let after: HTMLCanvasElement;

  beforeEach(async () => {
    root = document.body.appendChild(document.createElement('div'));
    root.style.width = '400px';
    after = document.createElement('canvas');
    const pictures = { before: document.createElement('canvas'), after, ratio: 2 };
    const labels = { beforeLabel: 'Before', afterLabel: 'After', testId: 'output' };
    const Page = () => {
      const [splitPercent, setSplit] = useState(50);
      return <BeforeAfter {...pictures} {...labels} play={null} splitPercent={splitPercent} onSplit={setSplit} />;
    };
    render(<Page />, root);
    await settled();
  });
  afterEach(() => {
    render(null, root);
    root.remove();
  });

  const divider = () => {
    const slider = root.querySelector<HTMLElement>('[role=slider]');
    if (!slider) throw new Error('no divider');
    return slider;
  };
  const splitOf = (slider: HTMLElement) => Number(slider.getAttribute('aria-valuenow'));

  it('moves with the keyboard and announces what is shown', async () => {
    const press = (key: string) => divider().dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true }));
    expect(splitOf(divider())).toBe(50);
    press('ArrowRight');
    await settled();
    expect(splitOf(divider())).toBe(52);
    expect(divider().getAttribute('aria-valuetext')).toBe('52 % Before, 48 % After');
    press('Home');
    await settled();
    expect(splitOf(divider())).toBe(0);
  });

  it('follows a pointer only while it is held', async () => {
    const box = root.querySelector('.before-after')?.getBoundingClientRect() ?? new DOMRect();
    const at = (part: number, buttons: number) => {
      const clientX = box.left + box.width * part;
      return { clientX, clientY: box.top + 10, pointerId: 1, button: 0, buttons, bubbles: true };
    };
    // A synthetic pointer cannot be captured, so the capture is stubbed.
    const held = new Set<number>();
    const slider = divider();
    slider.setPointerCapture = (id) => void held.add(id);
    slider.hasPointerCapture = (id) => held.has(id);
    slider.dispatchEvent(new PointerEvent('pointermove', at(0.9, 0)));
    await settled();
    expect(splitOf(divider())).toBe(50);
    slider.dispatchEvent(new PointerEvent('pointerdown', at(0.5, 1)));
    slider.dispatchEvent(new PointerEvent('pointermove', at(0.8, 1)));
    await settled();
    expect(splitOf(divider())).toBe(80);
  });

  it('renders the given canvas element itself, so that its pixels can be read', () => {
    expect(root.querySelector('[data-testid=output] canvas')).toBe(after);
  });

  it('clips the “after” side at the divider', () => {
    const layer = root.querySelector('.before-after__layer--after');
    expect(layer && getComputedStyle(layer).clipPath).toBe('inset(0px 0px 0px 50%)');
  });
});

it('a picture that only fills the page keeps the focus and the scrolling from what lies behind it', async () => {
  const enabled = vi.spyOn(document, 'fullscreenEnabled', 'get').mockReturnValue(false);
  const root = document.body.appendChild(document.createElement('div'));
  const labels = { beforeLabel: 'Before', afterLabel: 'After', splitPercent: 50, onSplit: () => {}, ratio: 2 };
  const page = (
    <>
      <p id="behind">Behind</p>
      <BeforeAfter {...labels} before={null} after={document.createElement('canvas')} play={null} />
    </>
  );
  render(page, root);
  const state = () => [
    root.querySelector<HTMLElement>('#behind')?.inert,
    document.documentElement.style.overflow,
    root.querySelector('figure')?.closest('[inert]'),
  ];
  root.querySelector<HTMLButtonElement>('[data-testid=fullscreen]')?.click();
  await expect.poll(state).toEqual([true, 'hidden', null]);
  root.querySelector<HTMLButtonElement>('[data-testid=fullscreen]')?.click();
  await expect.poll(state).toEqual([false, '', null]);
  render(null, root);
  root.remove();
  enabled.mockRestore();
});
