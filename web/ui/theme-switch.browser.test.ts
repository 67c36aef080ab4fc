import { afterEach, expect, it } from 'vitest';
import './theme-switch.ts';

const KEY = 'p2c2r.theme';
const theme = () => document.documentElement.dataset.theme;

/** What the system asks for, here. */
const systemTheme = () => (matchMedia('(prefers-color-scheme: light)').matches ? 'light' : 'dark');

function addSwitch(): HTMLSelectElement {
  const element = document.body.appendChild(document.createElement('theme-switch'));
  const select = element.shadowRoot?.querySelector('select');
  if (!select) throw new Error('no switch');
  return select;
}

function choose(select: HTMLSelectElement, value: string): void {
  select.value = value;
  select.dispatchEvent(new Event('change'));
}

afterEach(() => {
  choose(addSwitch(), 'auto');
  for (const element of document.querySelectorAll('theme-switch')) element.remove();
  localStorage.removeItem(KEY);
});

it('is the theme that the system asks for until the person chooses one, which is remembered', () => {
  const select = addSwitch();
  expect([theme(), select.value, select.getAttribute('aria-label')]).toEqual([systemTheme(), 'auto', 'Theme']);
  for (const chosen of ['dark', 'light']) {
    choose(select, chosen);
    expect([theme(), localStorage.getItem(KEY)]).toEqual([chosen, chosen]);
  }
  choose(select, 'auto');
  expect(theme()).toBe(systemTheme());
});

it('shows the same choice everywhere, also one made in another tab, and takes nonsense for none', () => {
  const [one, other] = [addSwitch(), addSwitch()];
  choose(one, 'dark');
  expect(other.value).toBe('dark');
  const kept = (value: string) => {
    localStorage.setItem(KEY, value);
    dispatchEvent(new StorageEvent('storage', { key: KEY }));
    return [theme(), one.value];
  };
  expect(kept('light')).toEqual(['light', 'light']);
  expect(kept('sepia')).toEqual([systemTheme(), 'auto']);
});
