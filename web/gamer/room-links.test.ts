import { describe, expect, it } from 'vitest';
import { entryOptions, keepRoom, roomToEnter, type TabStore } from './room-links.ts';

function tabStore(): TabStore {
  const items = new Map<string, string>();
  return {
    getItem: (key) => items.get(key) ?? null,
    setItem: (key, value) => void items.set(key, value),
    removeItem: (key) => void items.delete(key),
  };
}

const PAGE = 'https://p2c2r.example/gamer';

describe('which room the gamer page enters', () => {
  it('makes a new invite-only room without a link', () => {
    expect(entryOptions(roomToEnter(PAGE, tabStore()))).toEqual({ inviteOnly: true });
  });

  it('follows a link, with or without a token', () => {
    expect(entryOptions(roomToEnter(`${PAGE}#room=a&invite=t`, null))).toEqual({ room: 'a', invite: 't' });
    expect(entryOptions(roomToEnter(`${PAGE}#room=demo`, null))).toEqual({ room: 'demo' });
  });

  it('returns to its room after a reload, unless there is a link', () => {
    const store = tabStore();
    keepRoom(store, `${PAGE}#room=mine&invite=back`);
    expect(roomToEnter(PAGE, store)).toEqual({ room: 'mine', token: 'back' });
    expect(roomToEnter(`${PAGE}#room=other`, store)?.room).toBe('other');
  });
});
