// Protects: pages with charts start in a browser whose language is no language tag, as WebKitGTK's is where the system's language is C.
import { afterEach, expect, it } from 'vitest';
import { ensureValidLanguage } from './valid-language.ts';

// Of the prototype; the tests hide it.
afterEach(() => Reflect.deleteProperty(navigator, 'language'));

it('charts load where the language is C, and a valid language stays', async () => {
  Object.defineProperty(navigator, 'language', { value: 'C', configurable: true });
  expect(() => new Intl.NumberFormat(navigator.language)).toThrow(RangeError);
  ensureValidLanguage();
  expect(navigator.language).toBe('en');
  await import('./live-chart.tsx');
  Object.defineProperty(navigator, 'language', { value: 'de-AT', configurable: true });
  ensureValidLanguage();
  expect(navigator.language).toBe('de-AT');
});
