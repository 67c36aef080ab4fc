import { afterEach, describe, expect, it, vi } from 'vitest';
import { capture, captureError, offeredCaptures } from './capture.ts';

const api = () => Promise.reject(new Error('not called'));

describe('offered captures', () => {
  it('are those that the browser supports', () => {
    expect(offeredCaptures({ getDisplayMedia: api, getUserMedia: api })).toEqual(['screen', 'camera']);
    expect(offeredCaptures({ getUserMedia: api })).toEqual(['camera']);
    expect(offeredCaptures({})).toEqual([]);
  });
});

describe('the sound of what is shared', () => {
  afterEach(() => vi.unstubAllGlobals());

  /** A browser whose person shares this, with its sound if the page asks for that. */
  function browser(displaySurface: string, suppressLocalAudioPlayback = true) {
    const sound = { stop: vi.fn() };
    const asked: DisplayMediaStreamOptions[] = [];
    const mediaDevices = {
      getSupportedConstraints: () => ({ suppressLocalAudioPlayback }),
      getDisplayMedia: async (options: DisplayMediaStreamOptions) => {
        asked.push(options);
        const track = { getSettings: () => ({ displaySurface }) };
        return { getVideoTracks: () => [track], getAudioTracks: () => (options.audio ? [sound] : []) };
      },
    };
    vi.stubGlobal('navigator', { mediaDevices });
    return { sound, asked };
  }

  it('is taken from a tab where asked for, which then falls silent, without what spoils music', async () => {
    const { sound, asked } = browser('browser');
    expect(await capture('screen', true)).toMatchObject({ kind: 'screen', sound });
    expect(asked).toMatchObject([
      { audio: { suppressLocalAudioPlayback: true, echoCancellation: false }, systemAudio: 'exclude' },
    ]);
    expect(await capture('screen')).not.toHaveProperty('sound');
    expect(asked[1]).toMatchObject({ audio: false });
    expect(sound.stop).not.toHaveBeenCalled();
  });

  it('of a window or screen stays there, since it would be heard twice', async () => {
    const { sound } = browser('window');
    expect(await capture('screen', true)).not.toHaveProperty('sound');
    expect(sound.stop).toHaveBeenCalledOnce();
  });

  it('is not asked for in a browser that cannot silence the tab', async () => {
    const { asked } = browser('browser', false);
    await capture('screen', true);
    expect(asked).toMatchObject([{ audio: false }]);
  });
});

describe('capture errors', () => {
  it.each([
    ['NotAllowedError', 'camera', 'cancelled', 'Allow it for this site'],
    ['NotAllowedError', 'screen', 'cancelled', 'pick a tab'],
    ['NotFoundError', 'camera', 'bad-input', 'Connect one'],
    ['NotReadableError', 'camera', 'bad-input', 'another program'],
    ['NotReadableError', 'screen', 'bad-input', 'settings'],
    ['InvalidStateError', 'screen', 'cancelled', 'Press it again'],
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
