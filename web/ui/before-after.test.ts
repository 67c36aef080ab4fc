import { describe, expect, it } from 'vitest';
import { splitAfterKey } from './before-after.tsx';

describe('divider keys', () => {
  it('moves by steps, larger ones with shift or the page keys', () => {
    expect(splitAfterKey(50, 'ArrowLeft', false)).toBe(48);
    expect(splitAfterKey(50, 'ArrowRight', true)).toBe(60);
    expect(splitAfterKey(50, 'PageDown', false)).toBe(40);
  });

  it('stays between the edges', () => {
    expect(splitAfterKey(1, 'ArrowLeft', false)).toBe(0);
    expect(splitAfterKey(70, 'Home', false)).toBe(0);
    expect(splitAfterKey(30, 'End', false)).toBe(100);
  });

  it('leaves every other key to the page', () => {
    expect(splitAfterKey(50, 'Tab', false)).toBeNull();
    expect(splitAfterKey(50, ' ', false)).toBeNull();
  });
});
