import { expect, test } from 'vitest';
import { scriptOptions } from './script-options.ts';

test('a tag without attributes makes a new room and leaves all to the SDK', () => {
  expect(scriptOptions({})).toEqual({ invite: null, attach: {}, where: 'auto', hasBadge: true });
});

test('an invite is the whole link, and options are those of attach', () => {
  const data = {
    invite: 'https://play.example/gamer#room=a%20b&invite=token',
    ...{ renderScale: '0.5', maxFps: '30', quality: 'fast', where: 'volunteers', badge: 'none' },
  };
  expect(scriptOptions(data)).toEqual({
    invite: { room: 'a b', token: 'token' },
    attach: { renderScale: 0.5, maxFps: 30, quality: 'fast' },
    where: 'volunteers',
    hasBadge: false,
  });
  expect(scriptOptions({ room: 'open' }).invite).toEqual({ room: 'open' });
});

test.each([
  [{ invite: 'token' }, 'data-invite is no invite'],
  [{ invite: 'https://play.example/gamer' }, 'data-invite is no invite'],
  [{ maxFps: 'many' }, 'data-max-fps must be a number, not “many”'],
  [{ maxFps: '' }, 'data-max-fps must be a number'],
  [{ renderscale: '1' }, 'The script knows no data-renderscale. It knows data-render-scale, '],
])('a wrong attribute is named: %o', (data, message) => {
  expect(() => scriptOptions(data)).toThrow(message);
});
