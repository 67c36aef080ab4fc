import { describe, expect, it } from 'vitest';
import { MeshError } from '../../shared/errors.ts';
import { INVITE } from '../sdk/invites.ts';
import { volunteer } from '../sdk/test-volunteer-info.ts';
import { FakeClient, sessionWith, settled, tabStore, timeOfDay } from './test-session.ts';

describe('the gamer page’s session', () => {
  it('opens a room, lists its volunteers, and has an invite link ready', async () => {
    const client = new FakeClient();
    const store = tabStore();
    const session = sessionWith(async () => client, store);
    await session.start();
    await settled();
    expect(session.phase.value).toBe('online');
    expect(session.volunteers.value.map(({ name }) => name)).toEqual(['brave-otter']);
    expect(session.link.url.value).toContain('volunteer-token-1');
    expect(client.invited[0], 'in this page’s name').toMatchObject({ from: 'calm-fox' });
    expect(store.items.get('p2c2r.room')).toBe('room=r&invite=gamer-token-2');
    expect(client.invited[1], 'this tab’s own invite keeps ownership').toMatchObject({ role: 'gamer', owner: true });
  });

  it('says that the network blocks WebSockets, until one gets through', async () => {
    const client = new FakeClient();
    client.isPolling = true;
    const session = sessionWith(async () => client, tabStore());
    await session.start();
    expect(session.isPolling.value).toBe(true);
    client.isPolling = false;
    client.dispatchEvent(new Event('state'));
    expect(session.isPolling.value).toBe(false);
  });

  it('keeps its link over a reload, unless it is about to expire or belongs to another room', async () => {
    const store = tabStore();
    const linkOf = async (room = 'r') => {
      const client = new FakeClient();
      client.room = room;
      const session = sessionWith(async () => client, store);
      await session.start();
      await settled();
      const made = client.invited.length;
      await session.close();
      return made;
    };
    expect(await linkOf(), 'a link, and an invite for this tab').toBe(2);
    expect(await linkOf(), 'an invite for this tab').toBe(1);
    timeOfDay.ms += INVITE.expiresInS * 1_000 * INVITE.keepWhileLeft;
    expect(await linkOf()).toBe(2);
    expect(await linkOf('another')).toBe(2);
  });

  it('has a code and a short link only when the person asks for one; then over a reload too, and not for the next link', async () => {
    const store = tabStore();
    const client = new FakeClient();
    const open = async () => {
      const session = sessionWith(async () => client, store);
      await session.start();
      await settled();
      const { link } = session;
      return { session, shown: () => [link.code.value, link.shortUrl.value] };
    };
    const first = await open();
    expect([first.shown(), client.shortened]).toEqual([[null, null], []]);
    expect(client.invited).toEqual([{ role: 'volunteer', from: expect.anything() }, expect.anything()]);
    await first.session.shortenLink();
    const made = ['K7QF2M9X', 'https://p2c2r.example/i#K7QF-2M9X'];
    expect([first.shown(), client.shortened]).toEqual([made, ['volunteer-token-1']]);
    await first.session.close();
    expect(first.shown()).toEqual([null, null]);
    const second = await open();
    expect([second.shown(), client.shortened.length]).toEqual([made, 1]);
    await second.session.replaceLink();
    expect(second.shown()).toEqual([null, null]);
    client.createInviteCode = () => Promise.reject(new MeshError('rate-limited', 'Send the whole link instead.'));
    await second.session.shortenLink();
    expect(second.session.failures.link.value?.message, 'a server that keeps none').toMatch(/whole link/);
    await second.session.close();
  });

  it('revokes and replaces its link, also when a volunteer is removed', async () => {
    const client = new FakeClient();
    const session = sessionWith(async () => client, tabStore());
    await session.start();
    await settled();
    expect(await session.replaceLink()).toBe(true);
    expect(client.revoked).toEqual(['volunteer-token-1']);
    expect(session.link.url.value).toContain('volunteer-token-3');
    await session.removeVolunteer('v1');
    expect(client.removed).toEqual(['v1']);
    expect(client.revoked.at(-1)).toBe('volunteer-token-3');
    expect(session.link.url.value).toContain('volunteer-token-4');
  });

  it('lists the other gamers for their owner, and again when it has removed one', async () => {
    const session = sessionWith(async () => new FakeClient());
    await session.start();
    expect(session.gamers.value).toBeNull();
    await session.listGamers();
    expect(session.gamers.value).toMatchObject([{ name: 'Friend' }]);
    await session.removeGamer('g1');
    expect(session.gamers.value).toEqual([]);
    await session.close();
    expect(session.gamers.value).toBeNull();
  });

  it('asks for no invites where it may not invite', async () => {
    const client = new FakeClient();
    client.mayInvite = false;
    const session = sessionWith(async () => client);
    await session.start();
    await settled();
    expect([client.invited, session.link.url.value, session.failures.link.value]).toEqual([[], null, null]);
  });

  it('keeps its link and warns when the server does not revoke it', async () => {
    const client = new FakeClient();
    const session = sessionWith(async () => client);
    await session.start();
    await settled();
    client.revokeInvite = () => Promise.reject(new MeshError('rate-limited', 'That was often.'));
    const before = session.link.url.value;
    expect(await session.replaceLink()).toBe(false);
    expect(session.link.url.value).toBe(before);
    expect(session.failures.link.value).toMatchObject({ reason: 'rate-limited' });
    await session.listGamers();
    expect(session.failures.link.value, 'what works elsewhere does not hide it').not.toBeNull();
    expect(session.failures.gamers.value).toBeNull();

    client.revokeInvite = async () => {};
    client.createInvite = () => Promise.reject(new MeshError('signaling-unreachable', 'No answer.'));
    expect(await session.replaceLink()).toBe(false);
    expect(session.link.url.value, 'a revoked link is no longer shown').toBeNull();
  });

  it('reports the networks that this machine fetches', async () => {
    const client = new FakeClient();
    const session = sessionWith(async () => client);
    await session.start();
    const detail = { model: 'fast', kind: 'wgsl', state: 'fetching', loadedBytes: 1, totalBytes: 2 };
    client.dispatchEvent(new CustomEvent('model-progress', { detail }));
    expect(session.fetches.value).toEqual([detail]);
    await session.close();
    expect(session.fetches.value).toEqual([]);
  });

  it('withdraws the connection warning once a volunteer is linked', async () => {
    const client = new FakeClient();
    client.volunteers = [];
    const session = sessionWith(async () => client);
    await session.start();
    const error = new MeshError('connection-failed', 'No route.');
    client.dispatchEvent(new CustomEvent('error', { detail: error }));
    client.dispatchEvent(new Event('volunteers'));
    expect(session.warning.value).toBe(error);
    client.volunteers = [volunteer()];
    client.dispatchEvent(new Event('volunteers'));
    expect(session.warning.value).toBeNull();
  });

  it('reports why joining failed, and joins on retry', async () => {
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

  it('opens a new room when the invite from before a reload has expired', async () => {
    const joins: unknown[] = [];
    const store = tabStore({ 'p2c2r.room': 'room=old&invite=expired' });
    const session = sessionWith(async ({ room, inviteOnly }) => {
      joins.push(room ?? inviteOnly);
      if (room) throw new MeshError('not-invited', 'This invite has expired.');
      return new FakeClient();
    }, store);
    await session.start();
    expect(joins).toEqual(['old', true]);
    expect(session.phase.value).toBe('online');
  });

  it('never replaces the room of a link by another', async () => {
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

  it('follows the connection: reconnecting, online, and closed with its reason', async () => {
    const client = new FakeClient();
    const session = sessionWith(async () => client);
    await session.start();
    client.become('reconnecting');
    expect(session.phase.value).toBe('reconnecting');
    client.become('online');
    expect(session.phase.value).toBe('online');
    client.dispatchEvent(new CustomEvent('error', { detail: new MeshError('protocol-version', 'Reload this page.') }));
    expect(session.warning.value?.reason).toBe('protocol-version');
    client.become('closed');
    expect(session.phase.value).toBe('failed');
    expect(session.error.value?.reason).toBe('protocol-version');
    expect(session.client.value).toBeNull();
  });

  it('closes a client that connects after the session was closed', async () => {
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
