import { describe, expect, it } from 'vitest';
import { offeredCaptures } from './capture.ts';
import { captureError } from './capture-errors.ts';

const api = () => Promise.reject(new Error('not called'));

describe('what the browser can be asked for', () => {
  it('is offered as far as it is there', () => {
    expect(offeredCaptures({ getDisplayMedia: api, getUserMedia: api })).toEqual(['screen', 'camera']);
    expect(offeredCaptures({ getUserMedia: api })).toEqual(['camera']);
    expect(offeredCaptures({})).toEqual([]);
  });
});

describe('what went wrong with a screen or camera', () => {
  it.each([
    ['NotAllowedError', 'camera', 'cancelled', 'Allow it for this site'],
    ['NotAllowedError', 'screen', 'cancelled', 'pick a tab'],
    ['NotFoundError', 'camera', 'bad-input', 'Connect one'],
    ['NotReadableError', 'camera', 'bad-input', 'another program'],
    ['NotReadableError', 'screen', 'bad-input', 'settings'],
  ] as const)('%s of a %s is told as %s', (name, kind, reason, words) => {
    const error = captureError(kind, new DOMException('internal words', name));
    expect(error.reason).toBe(reason);
    expect(error.message).toContain(words);
  });

  it('keeps the words of what nobody expected', () => {
    const error = captureError('camera', new TypeError('bad dictionary'));
    expect([error.reason, error.message]).toEqual(['unsupported-browser', 'bad dictionary']);
  });
});
