import { describe, expect, it } from 'vitest';
import type { Connect } from './client.ts';
import { FakeClient, sessionWith, settled, tabStore } from './test-session.ts';

describe('who may see a gamer’s frames and address', () => {
  it('offers frames to the lobby only when told to, and remembers that when it joins again', async () => {
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
    expect(client.lobbyCalls).toEqual([true]);
    await session.start();
    expect(joins).toEqual([false, true]);
  });

  it('asks before it joins the room of a link, and connects to nothing until the person agrees', async () => {
    const link = 'https://p2c2r.example/gamer#room=theirs&invite=t';
    const rooms: unknown[] = [];
    const connect: Connect = async ({ room }) => {
      rooms.push(room);
      return new FakeClient();
    };
    const store = tabStore();
    const session = sessionWith(connect, store, link);
    await session.open();
    expect([session.phase.value, rooms]).toEqual(['asking', []]);
    await session.agree();
    expect([session.phase.value, rooms]).toEqual(['online', ['theirs']]);

    // A reload of this tab does not ask again; another link, or another tab, does.
    await sessionWith(connect, store, link).open();
    expect(rooms).toEqual(['theirs', 'theirs']);
    for (const [elsewhere, tab] of [
      [link.replace('theirs', 'another'), store],
      [link.replace('=t', '=u'), store],
      [link, tabStore()],
      [link, null],
    ] as const) {
      const asking = sessionWith(connect, tab, elsewhere);
      await asking.open();
      expect(asking.phase.value).toBe('asking');
    }
    expect(rooms).toHaveLength(2);
  });

  it('joins this tab’s own room without a question', async () => {
    for (const kept of [{}, { 'p2c2r.room': 'room=mine&invite=back' }]) {
      const session = sessionWith(async () => new FakeClient(), tabStore(kept));
      await session.open();
      expect(session.phase.value).toBe('online');
    }
  });

  it('hides this machine’s address from the lobby before the first introduction, unless the person chose to show it', async () => {
    const client = new FakeClient();
    client.hasLobby = true;
    const joins: unknown[] = [];
    const connect: Connect = async ({ relayOnly }) => {
      joins.push(relayOnly);
      return client;
    };
    const session = sessionWith(connect, null, undefined, true);
    await session.start();
    session.setAudience('lobby');
    expect(client.exposure).toEqual(['relay only true', 'lobby true']);
    session.setAddressAudience('everyone');
    session.setAddressAudience('invited');
    expect(client.exposure.splice(0).slice(2)).toEqual(['relay only false', 'relay only true']);

    let serverKnows = () => {};
    client.setLobby = () =>
      new Promise((resolve) => {
        serverKnows = resolve;
      });
    session.setAudience('room');
    await settled();
    expect(client.exposure, 'somebody of the lobby may still be on the way').toEqual([]);
    serverKnows();
    await settled();
    expect(client.exposure).toEqual(['relay only false']);
    session.setAddressAudience('nobody');
    await session.start();
    session.setAddressAudience('everyone');
    await session.start();
    expect(joins).toEqual([false, true, false]);
  });

  it('does not ask for a relay that the server does not have', async () => {
    const client = new FakeClient();
    const joins: unknown[] = [];
    const session = sessionWith(async ({ relayOnly }) => {
      joins.push(relayOnly);
      return client;
    });
    session.setAudience('lobby');
    await session.start();
    session.setAddressAudience('nobody');
    expect([joins, client.exposure, session.hasRelay.value]).toEqual([[false], ['relay only false'], false]);
  });
});
