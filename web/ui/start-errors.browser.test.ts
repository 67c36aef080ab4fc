// Protects: a page that did not start says why, such as for an interface that the browser lacks.
import { afterEach, expect, it } from 'vitest';
import { tellStartErrors } from './start-errors.ts';

const place = Object.assign(document.createElement('p'), { className: 'unstarted', textContent: 'It did not start.' });

afterEach(() => place.remove());

it('says what the first error is, and leaves a page without the paragraph as it is', () => {
  document.body.append(place);
  tellStartErrors();
  const raise = (message: string) => dispatchEvent(new ErrorEvent('error', { message }));
  raise('RangeError: invalid language tag: C');
  raise('another');
  // More than once where another test of this page has loaded the theme, which listens too.
  expect(place.textContent).toMatch(/^It did not start\.( The browser says: RangeError: invalid language tag: C)+$/);
  place.remove();
  tellStartErrors();
  raise('a third');
  expect(document.body.textContent).not.toContain('a third');
});
