import { afterEach, expect, test } from 'vitest';
import { systemClock } from '../shared/clock.ts';
import { type JoinRequest, PROTOCOL_VERSION, type Role, sessionIdOf } from '../shared/signaling.ts';
import { eventually, IDLE_STATUS, keptPort, newSessionKey, TestBed } from '../signaling-server/test-server.ts';
import { type Identity, volunteerIdentity } from '../web/net/identity.ts';
import { SignalingClient } from '../web/net/signaling-client.ts';
import type { SignalingEvent } from '../web/net/signaling-session.ts';

/** The client's side of a session against a real server. */
const bed = new TestBed();
const clients: SignalingClient[] = [];
afterEach(async () => {
  await Promise.all(clients.splice(0).map((client) => client.close()));
  await bed.end();
});

async function member(url: string, role: Role, wanted: Partial<JoinRequest> = {}, identity?: Identity) {
  const sessionKey = newSessionKey();
  const events: SignalingEvent[] = [];
  const claim = identity && { publicKey: identity.publicKey };
  const client = await SignalingClient.connect({
    url,
    join: () => ({ protocolVersion: PROTOCOL_VERSION, sessionKey, role, name: role, room: 'den', ...claim, ...wanted }),
    ...(role === 'volunteer' && { status: () => IDLE_STATUS }),
    identity,
    clock: systemClock,
    onEvent: (event) => events.push(event),
  });
  clients.push(client);
  const of = <Kind extends SignalingEvent['kind']>(kind: Kind) =>
    events.filter((event): event is Extract<SignalingEvent, { kind: Kind }> => event.kind === kind);
  const introduced = () => of('introduced').map(({ introduction }) => introduction.peerId);
  return { client, sessionKey, events, of, introduced, id: client.joined.id };
}

const offer = (sdp: string) => ({ type: 'offer' as const, sdp });
const sdps = (signals: Extract<SignalingEvent, { kind: 'signal' }>[]) =>
  signals.map(({ attempt, signal }) => [attempt, 'sdp' in signal && signal.sdp]);

async function pair(url: string, wanted: Partial<JoinRequest> = {}) {
  const gamer = await member(url, 'gamer', wanted);
  const volunteer = await member(url, 'volunteer', wanted);
  await eventually('both are introduced', () => gamer.introduced().length + volunteer.introduced().length === 2);
  return { gamer, volunteer };
}

test('members join under the id of their key, are introduced, and signal both ways in order', async () => {
  const { url } = await bed.server();
  const { gamer, volunteer } = await pair(url);
  expect(gamer.client.joined).toMatchObject({ id: await sessionIdOf(gamer.sessionKey), room: 'den', resumed: false });
  expect([gamer.introduced(), volunteer.introduced()]).toEqual([[volunteer.id], [gamer.id]]);

  for (let count = 0; count < 5; count++) gamer.client.signal(volunteer.id, 7, offer(`v=${count}`));
  volunteer.client.signal(gamer.id, 7, { type: 'answer', sdp: 'v=a' });
  await eventually('the signals arrive', () => volunteer.of('signal').length === 5 && gamer.of('signal').length === 1);
  expect(sdps(volunteer.of('signal'))).toEqual([0, 1, 2, 3, 4].map((count) => [7, `v=${count}`]));
  expect(gamer.of('signal')).toMatchObject([{ from: volunteer.id, attempt: 7 }]);
});

test('every introduction of a join is received once, also those that follow its answer at once', async () => {
  const { url } = await bed.server();
  const gamers = await Promise.all(Array.from({ length: 6 }, () => member(url, 'gamer')));
  const volunteer = await member(url, 'volunteer');
  await eventually('all are introduced', () => volunteer.introduced().length >= gamers.length);
  expect(volunteer.introduced().toSorted()).toEqual(gamers.map(({ id }) => id).toSorted());
});

test('a suspended member is offline, returns to its session when it resumes, and both sides are introduced again', async () => {
  const { url } = await bed.server();
  const { gamer, volunteer } = await pair(url);
  gamer.client.suspend();
  gamer.client.reconnectNow();
  expect([gamer.client.state, gamer.client.isIntroduced(volunteer.id)]).toEqual(['reconnecting', false]);
  expect(gamer.client.state).toBe('reconnecting');
  gamer.client.resume();
  await eventually('both are introduced again', () => gamer.introduced().length + volunteer.introduced().length === 4);
  expect(gamer.client.joined).toMatchObject({ id: gamer.id, resumed: true });
  expect(gamer.of('state').map(({ state }) => state)).toEqual(['reconnecting', 'online']);
  expect(gamer.client.isIntroduced(volunteer.id)).toBe(true);
});

test('a client that waits to reconnect does so at once when the network is back, and again after the next loss', async () => {
  const port = await keptPort();
  const { client, of } = await (async () => {
    const server = await bed.server({ port });
    const joined = await member(server.url, 'gamer');
    await server.close();
    return joined;
  })();
  for (const loss of [1, 2]) {
    await eventually('the client notices', () => client.state === 'reconnecting');
    const server = await bed.server({ port });
    client.reconnectNow();
    client.reconnectNow();
    await eventually('it is back', () => client.state === 'online');
    expect(of('state').filter(({ state }) => state === 'online')).toHaveLength(loss);
    await server.close();
  }
});

test('after a server restart a client returns as the same member and is introduced again', async () => {
  const server = await bed.server({ port: await keptPort() });
  const { gamer, volunteer } = await pair(server.url);
  await server.close();
  await eventually('both notice', () => [gamer, volunteer].every(({ client }) => client.state === 'reconnecting'));
  await bed.server({ port: server.port });
  await eventually('both are back', () => [gamer, volunteer].every(({ introduced }) => introduced().length === 2));
  expect([gamer.client.state, volunteer.client.state]).toEqual(['online', 'online']);
  expect([gamer.client.joined.id, volunteer.client.joined.id]).toEqual([gamer.id, volunteer.id]);
  expect([gamer.introduced().at(-1), volunteer.introduced().at(-1)]).toEqual([volunteer.id, gamer.id]);
  expect(gamer.of('state').map(({ state }) => state)).toEqual(['reconnecting', 'online']);
});

test('members of an invite-only room return with their pass after a restart, strangers do not', async () => {
  const server = await bed.server({ port: await keptPort() });
  const owner = await member(server.url, 'gamer', { room: 'attic', inviteOnly: true });
  await expect(member(server.url, 'volunteer', { room: 'attic' })).rejects.toMatchObject({ reason: 'not-invited' });
  const invite = await owner.client.createInvite({ role: 'volunteer', expiresInS: 60, uses: 1 });
  const guest = await member(server.url, 'volunteer', { room: 'attic', invite });
  await server.close();
  await bed.server({ port: server.port });
  await eventually('both are back', () => [owner, guest].every(({ introduced }) => introduced().length === 2));
  expect([owner.client.joined, guest.client.joined]).toMatchObject([
    { id: owner.id, inviteOnly: true },
    { id: guest.id, inviteOnly: true },
  ]);
  await expect(member(server.url, 'volunteer', { room: 'attic' })).rejects.toMatchObject({ reason: 'not-invited' });
});

test('signals made while the server is away arrive once both sides are back, whoever returns first', async () => {
  const server = await bed.server({ port: await keptPort() });
  const { gamer, volunteer } = await pair(server.url);
  await server.close();
  await eventually('both notice', () => [gamer, volunteer].every(({ client }) => client.state === 'reconnecting'));
  gamer.client.signal(volunteer.id, 1, offer('from the gamer'));
  volunteer.client.signal(gamer.id, 1, offer('from the volunteer'));
  await bed.server({ port: server.port });
  await eventually('both arrive', () => [gamer, volunteer].every(({ of }) => of('signal').length === 1));
  expect(sdps(volunteer.of('signal'))).toEqual([[1, 'from the gamer']]);
  expect(sdps(gamer.of('signal'))).toEqual([[1, 'from the volunteer']]);
  expect([...gamer.of('refused'), ...volunteer.of('refused')]).toEqual([]);
});

test('a signal for a member that has not returned waits for it', async () => {
  const server = await bed.server({ port: await keptPort() });
  const { gamer, volunteer } = await pair(server.url);
  await Promise.all([server.close(), volunteer.client.close()]);
  await bed.server({ port: server.port });
  await eventually('the gamer is back', () => gamer.client.state === 'online');
  gamer.client.signal(volunteer.id, 2, offer('patient'));
  const back = await member(server.url, 'volunteer', { sessionKey: volunteer.sessionKey });
  await eventually('the signal arrives', () => back.of('signal').length === 1);
  expect([sdps(back.of('signal')), gamer.of('refused')]).toEqual([[[2, 'patient']], []]);
});

/** The score of the only volunteer, as a newly joined gamer receives it. */
async function scoreForNewcomer(url: string): Promise<number | undefined> {
  const page = bed.page(url);
  const { introductions } = await page.join({ room: 'den' });
  await page.ask('leave');
  return introductions[0]?.score;
}

const wrong = { work: 'echo', reason: 'verify-failed' } as const;

test('a report of a wrong result reaches the server; one made while it was away, once the volunteer is back', async () => {
  const server = await bed.server({ port: await keptPort() });
  const { gamer, volunteer } = await pair(server.url);
  gamer.client.accuse({ volunteerId: volunteer.id, ...wrong });
  await eventually('it counts', async () => (await scoreForNewcomer(server.url)) === 0);

  await server.close();
  await eventually('both notice', () => [gamer, volunteer].every(({ client }) => client.state === 'reconnecting'));
  gamer.client.accuse({ volunteerId: volunteer.id, ...wrong });
  await bed.server({ port: server.port });
  await eventually('both are back', () => gamer.introduced().length === 2);
  await eventually('it counts again', async () => (await scoreForNewcomer(server.url)) === 0);
  expect(gamer.of('refused')).toEqual([]);
});

test('a volunteer proves its identity at every join, and is introduced with its history', async () => {
  const server = await bed.server({ port: await keptPort() });
  const identity = await volunteerIdentity(new URL(server.url).host, () => null);
  if (!identity) throw new Error('there is no WebCrypto here');
  const gamer = await member(server.url, 'gamer');
  const volunteer = await member(server.url, 'volunteer', {}, identity);
  await eventually('they are introduced', () => gamer.introduced().length === 1);
  gamer.client.reportTasks({ volunteerId: volunteer.id, completed: 90, failed: 0, rttMs: 1 });
  await volunteer.client.close();
  const again = await member(server.url, 'volunteer', {}, identity);
  await eventually('they are introduced again', () => gamer.introduced().length === 2);
  const [before, after] = gamer.of('introduced').map(({ introduction }) => introduction);
  expect(after?.peerId).toBe(again.id);
  expect(after?.score).toBeGreaterThan((before?.score ?? 1) + 0.15);

  await server.close();
  await eventually('they notice', () => [gamer, again].every(({ client }) => client.state === 'reconnecting'));
  await bed.server({ port: server.port });
  await eventually('both are back', () => gamer.introduced().length === 3);
  expect([...gamer.of('refused'), ...again.of('refused')]).toEqual([]);
});

test('a gamer’s request for help from the lobby survives a server restart', async () => {
  const server = await bed.server({ port: await keptPort(), lobby: true });
  const gamer = await member(server.url, 'gamer');
  const volunteer = await member(server.url, 'volunteer', { lobby: true });
  expect([gamer.client.joined.lobby, gamer.introduced()]).toEqual([true, []]);
  gamer.client.setLobby(true);
  await eventually('they are introduced', () => gamer.introduced().length === 1);
  await server.close();
  await eventually('both notice', () => [gamer, volunteer].every(({ client }) => client.state === 'reconnecting'));
  await bed.server({ port: server.port, lobby: true });
  await eventually('they are introduced again', () => gamer.introduced().length === 2);
  gamer.client.setLobby(false);
  await eventually('they are parted', () => gamer.of('gone').length === 1 && volunteer.of('gone').length === 1);
});

test('a server that does not answer is reported at once', async () => {
  const server = await bed.server();
  await server.close();
  await expect(member(server.url, 'gamer')).rejects.toMatchObject({
    name: 'MeshError',
    reason: 'signaling-unreachable',
    message: expect.stringContaining(server.url),
  });
});

test('a refused join rejects with a MeshError of the server’s reason', async () => {
  const { url } = await bed.server({ roomCapacity: 1 });
  await member(url, 'gamer');
  const refusals: [string, Partial<JoinRequest>][] = [
    ['room-full', {}],
    ['protocol-version', { protocolVersion: 999 }],
    ['not-invited', { room: 'other', invite: 'no.such.token' }],
    ['malformed', { name: '' }],
  ];
  for (const [reason, wanted] of refusals) {
    await expect(member(url, 'gamer', wanted), reason).rejects.toMatchObject({ name: 'MeshError', reason });
  }
});

test('a malformed signal is refused, and the session continues', async () => {
  const { url } = await bed.server();
  const { gamer, volunteer } = await pair(url);
  gamer.client.signal(volunteer.id, -1, offer('v=0'));
  await eventually('the refusal arrives', () => gamer.of('refused').length === 1);
  expect(gamer.of('refused')).toMatchObject([{ error: { name: 'MeshError', reason: 'malformed' } }]);
  gamer.client.signal(volunteer.id, 1, offer('v=0'));
  await eventually('the next one arrives', () => volunteer.of('signal').length === 1);
  expect([gamer.client.state, volunteer.of('refused')]).toEqual(['online', []]);
});

test('the others see a closed client leave at once, and it receives nothing more', async () => {
  const { url } = await bed.server();
  const { gamer, volunteer } = await pair(url);
  await Promise.all([volunteer.client.close(), volunteer.client.close()]);
  await eventually('the gamer hears of it', () => gamer.of('gone').length === 1);
  expect(gamer.of('gone')).toEqual([{ kind: 'gone', peerId: volunteer.id, why: 'left' }]);
  expect([volunteer.client.state, volunteer.of('ended')]).toEqual(['closed', []]);
  await expect(volunteer.client.createInvite({ role: 'gamer', expiresInS: 1 })).rejects.toMatchObject({
    reason: 'signaling-unreachable',
  });
});

test('a session that another page took over ends, and does not take it back', async () => {
  const { url } = await bed.server();
  const first = await member(url, 'gamer');
  const second = await member(url, 'gamer', { sessionKey: first.sessionKey });
  await eventually('the first has ended', () => first.of('ended').length === 1);
  expect(first.of('gone')).toEqual([{ kind: 'gone', peerId: first.id, why: 'replaced' }]);
  expect([first.client.state, second.client.state]).toEqual(['closed', 'online']);
});
