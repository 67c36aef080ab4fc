import { describe, expect, it } from 'vitest';
import { MeshError } from '../../shared/errors.ts';
import type { Client, Connect } from './client.ts';
import type { TabStore } from './room-entry.ts';
import { GamerSession } from './session.ts';
import { volunteer } from './test-figures.ts';

/** The mesh as this page sees it. */
class FakeClient extends EventTarget {
  state: Client['state'] = 'online';
  volunteers = [volunteer()];
  isClosed = false;
  hasLobby = false;
  readonly asked: boolean[] = [];
  setLobby(open: boolean) {
    this.asked.push(open);
  }
  async createInvite({ role = 'volunteer' } = {}) {
    return { url: `https://p2c2r.example/${role}#room=r&invite=${role}-token`, token: `${role}-token` };
  }
  openStream(): Promise<never> {
    return Promise.reject(MeshError.closed('The client'));
  }
  submitTask(): never {
    throw MeshError.closed('The client');
  }
  async close() {
    this.isClosed = true;
  }
  become(state: Client['state']) {
    this.state = state;
    this.dispatchEvent(new Event('state'));
  }
}

function tabStore(kept: Record<string, string> = {}): TabStore & { items: Map<string, string> } {
  const items = new Map(Object.entries(kept));
  return {
    items,
    getItem: (key) => items.get(key) ?? null,
    setItem: (key, value) => void items.set(key, value),
    removeItem: (key) => void items.delete(key),
  };
}

function sessionWith(connect: Connect, store: TabStore | null = null, pageUrl = 'https://p2c2r.example/gamer') {
  return new GamerSession({ connect, name: 'calm-fox', pageUrl, store });
}

const settled = () => new Promise((resolve) => setTimeout(resolve));

describe('the gamer page’s session', () => {
  it('opens a room, tells who is there, and has an invite link ready', async () => {
    const client = new FakeClient();
    const store = tabStore();
    const session = sessionWith(async () => client, store);
    await session.start();
    await settled();
    expect(session.phase.value).toBe('online');
    expect(session.volunteers.value.map(({ name }) => name)).toEqual(['brave-otter']);
    expect(session.inviteUrl.value).toContain('volunteer-token');
    expect([...store.items.values()]).toEqual(['room=r&invite=gamer-token']);
  });

  it('asks nobody but its guests for help until told otherwise, and remembers that when it joins again', async () => {
    const client = new FakeClient();
    client.hasLobby = true;
    const joins: unknown[] = [];
    const session = sessionWith(async ({ lobby }) => {
      joins.push(lobby);
      return client;
    });
    await session.start();
    expect([session.hasLobby.value, session.audience.value]).toEqual([true, 'room']);
    session.setAudience('lobby');
    expect(client.asked).toEqual([true]);
    await session.start();
    expect(joins).toEqual([false, true]);
  });

  it('tells of the networks that this machine fetches', async () => {
    const client = new FakeClient();
    const session = sessionWith(async () => client);
    await session.start();
    const detail = { model: 'fast-smooth', kind: 'wgsl', state: 'fetching', loadedBytes: 1, totalBytes: 2 };
    client.dispatchEvent(new CustomEvent('model-progress', { detail }));
    expect(session.fetches.value).toEqual([detail]);
    await session.close();
    expect(session.fetches.value).toEqual([]);
  });

  it('takes back that nobody could be reached once somebody is', async () => {
    const client = new FakeClient();
    client.volunteers = [];
    const session = sessionWith(async () => client);
    await session.start();
    const error = new MeshError('connection-failed', 'No route.');
    client.dispatchEvent(new CustomEvent('error', { detail: error }));
    client.dispatchEvent(new Event('volunteers'));
    expect(session.mishap.value).toBe(error);
    client.volunteers = [volunteer()];
    client.dispatchEvent(new Event('volunteers'));
    expect(session.mishap.value).toBeNull();
  });

  it('says what went wrong, and joins when asked again', async () => {
    let attempts = 0;
    const session = sessionWith(async () => {
      if (attempts++ === 0) throw new MeshError('room-full', 'This room is full.');
      return new FakeClient();
    });
    await session.start();
    expect(session.phase.value).toBe('failed');
    expect(session.error.value?.reason).toBe('room-full');
    await session.start();
    expect(session.phase.value).toBe('online');
    expect(session.error.value).toBeNull();
  });

  it('opens a new room when the one from before a reload lets nobody in any more', async () => {
    const asked: unknown[] = [];
    const store = tabStore({ 'p2c2r.room': 'room=old&invite=expired' });
    const session = sessionWith(async ({ room, inviteOnly }) => {
      asked.push(room ?? inviteOnly);
      if (room) throw new MeshError('not-invited', 'This invite has expired.');
      return new FakeClient();
    }, store);
    await session.start();
    expect(asked).toEqual(['old', true]);
    expect(session.phase.value).toBe('online');
  });

  it('never leaves the room a link leads to for another', async () => {
    const session = sessionWith(
      async () => {
        throw new MeshError('not-invited', 'This invite has expired.');
      },
      tabStore(),
      'https://p2c2r.example/gamer#room=theirs&invite=expired',
    );
    await session.start();
    expect(session.error.value?.reason).toBe('not-invited');
  });

  it('follows the connection: away, back, and ended with its reason', async () => {
    const client = new FakeClient();
    const session = sessionWith(async () => client);
    await session.start();
    client.become('reconnecting');
    expect(session.phase.value).toBe('reconnecting');
    client.become('online');
    expect(session.phase.value).toBe('online');
    client.dispatchEvent(new CustomEvent('error', { detail: new MeshError('protocol-version', 'Reload this page.') }));
    expect(session.mishap.value?.reason).toBe('protocol-version');
    client.become('closed');
    expect(session.phase.value).toBe('failed');
    expect(session.error.value?.reason).toBe('protocol-version');
    expect(session.client.value).toBeNull();
  });

  it('closes a client that arrives after the page was left', async () => {
    const client = new FakeClient();
    let arrive = () => {};
    const session = sessionWith(
      () =>
        new Promise((resolve) => {
          arrive = () => resolve(client);
        }),
    );
    const started = session.start();
    await settled();
    await session.close();
    arrive();
    await started;
    expect(client.isClosed).toBe(true);
    expect(session.client.value).toBeNull();
  });
});
