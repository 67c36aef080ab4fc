import { expect, onTestFinished, test, vi } from 'vitest';
import { scriptOptions } from './script-options.ts';

test('a tag without attributes makes a new room and leaves all to the SDK', () => {
  expect(scriptOptions({})).toEqual({ connect: { inviteOnly: true }, attach: {}, hasBadge: true });
});

test('an invite is the whole link, joined at the server that it leads to, and options are those of attach', () => {
  const data = {
    invite: 'https://play.example/p2c2r/gamer#room=a%20b&invite=token',
    ...{ renderScale: '0.5', maxFps: '30', quality: 'fast', where: 'volunteers', badge: 'none' },
  };
  expect(scriptOptions(data)).toEqual({
    connect: { url: 'https://play.example/p2c2r/', room: 'a b', invite: 'token' },
    attach: { renderScale: 0.5, maxFps: 30, quality: 'fast', where: 'volunteers' },
    hasBadge: false,
  });
  expect(scriptOptions({ room: 'open' }).connect).toEqual({ room: 'open' });
});

test('who computes alone joins without WebRTC; with it, where frames are computed changes no room', () => {
  expect(scriptOptions({ where: 'local' })).toMatchObject({ connect: { where: 'local' }, attach: { where: 'local' } });
  vi.stubGlobal('RTCPeerConnection', class {});
  onTestFinished(() => void vi.unstubAllGlobals());
  expect(scriptOptions({ where: 'local' }).connect).toEqual(scriptOptions({}).connect);
});

test.each([
  [{ invite: 'token' }, 'data-invite is no invite'],
  [{ invite: 'https://play.example/gamer' }, 'data-invite is no invite'],
  [{ invite: 'file:///gamer#room=a' }, 'data-invite is no invite'],
  [{ maxFps: 'many' }, 'data-max-fps must be a number, not “many”'],
  [{ maxFps: '' }, 'data-max-fps must be a number'],
  [{ renderscale: '1' }, 'The script knows no data-renderscale. It knows data-render-scale, '],
])('a wrong attribute is named: %o', (data, message) => {
  expect(() => scriptOptions(data)).toThrow(message);
});
