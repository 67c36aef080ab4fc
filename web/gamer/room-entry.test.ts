import { describe, expect, it } from 'vitest';
import { entryOptions, keepRoom, roomToEnter, type TabStore } from './room-entry.ts';

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
  it('makes a new room that wants invites when nothing leads elsewhere', () => {
    expect(entryOptions(roomToEnter(PAGE, tabStore()))).toEqual({ inviteOnly: true });
  });

  it('follows a link, with its token or without', () => {
    expect(entryOptions(roomToEnter(`${PAGE}#room=a&invite=t`, null))).toEqual({ room: 'a', invite: 't' });
    expect(entryOptions(roomToEnter(`${PAGE}#room=demo`, null))).toEqual({ room: 'demo' });
  });

  it('goes back to its room after a reload, unless a link says otherwise', () => {
    const store = tabStore();
    keepRoom(store, `${PAGE}#room=mine&invite=back`);
    expect(roomToEnter(PAGE, store)).toEqual({ room: 'mine', token: 'back' });
    expect(roomToEnter(`${PAGE}#room=other`, store)?.room).toBe('other');
  });
});
