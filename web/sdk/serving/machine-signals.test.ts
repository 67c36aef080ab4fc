import { afterEach, describe, expect, test, vi } from 'vitest';
import { whyIdlenessIsPartial, whyUnsupported } from './machine-signals.ts';

afterEach(() => vi.unstubAllGlobals());

/** A page in a frame that allows only these features. */
function inFrame(...allowed: string[]): void {
  vi.stubGlobal('document', { featurePolicy: { allowsFeature: (name: string) => allowed.includes(name) } });
  vi.stubGlobal('navigator', { wakeLock: {} });
  vi.stubGlobal('IdleDetector', class {});
}

describe('in a frame, whose Permissions Policy is not that of the page', () => {
  test('a limit that it forbids is refused with what its allow attribute must have', () => {
    inFrame();
    expect(whyUnsupported('keepAwake')).toContain('allow attribute must have screen-wake-lock');
    expect(whyUnsupported('keepAwake', { keepAwake: () => {} })).toBeNull();
    expect(whyIdlenessIsPartial()).toContain('must have idle-detection');
  });

  test('what it allows works as in a page of its own', () => {
    inFrame('screen-wake-lock', 'idle-detection');
    expect(whyUnsupported('keepAwake')).toBeNull();
    expect(whyIdlenessIsPartial()).toContain('Without your permission');
  });
});

test('a browser that does not tell what a frame allows is not held back', () => {
  vi.stubGlobal('navigator', { wakeLock: {} });
  expect(whyUnsupported('keepAwake')).toBeNull();
});
