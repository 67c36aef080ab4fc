import { describe, expect, it } from 'vitest';
import { captureError, offeredCaptures } from './capture.ts';

const api = () => Promise.reject(new Error('not called'));

describe('offered captures', () => {
  it('are those that the browser supports', () => {
    expect(offeredCaptures({ getDisplayMedia: api, getUserMedia: api })).toEqual(['screen', 'camera']);
    expect(offeredCaptures({ getUserMedia: api })).toEqual(['camera']);
    expect(offeredCaptures({})).toEqual([]);
  });
});

describe('capture errors', () => {
  it.each([
    ['NotAllowedError', 'camera', 'cancelled', 'Allow it for this site'],
    ['NotAllowedError', 'screen', 'cancelled', 'pick a tab'],
    ['NotFoundError', 'camera', 'bad-input', 'Connect one'],
    ['NotReadableError', 'camera', 'bad-input', 'another program'],
    ['NotReadableError', 'screen', 'bad-input', 'settings'],
  ] as const)('%s of a %s becomes %s', (name, kind, reason, text) => {
    const error = captureError(kind, new DOMException('internal text', name));
    expect(error.reason).toBe(reason);
    expect(error.message).toContain(text);
  });

  it('an unexpected error keeps its message', () => {
    const error = captureError('camera', new TypeError('bad dictionary'));
    expect([error.reason, error.message]).toEqual(['unsupported-browser', 'bad dictionary']);
  });
});
