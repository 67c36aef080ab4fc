import { afterEach, describe, expect, test, vi } from 'vitest';
import { concatBytes } from '../../shared/bytes.ts';
import { type Clock, systemClock } from '../../shared/clock.ts';
import { MeshError } from '../../shared/errors.ts';
import { TRANSFER } from '../../shared/protocol-limits.ts';
import { PROTOCOL_VERSION } from '../../shared/signaling.ts';
import { encodeTransfer, withoutAttachments } from '../../shared/wire.ts';
import { type ControlBytes, LINK } from './link-environment.ts';
import { RETRY } from './retry-schedule.ts';
import { CAPABILITIES, type EndOptions, type LinkEnd, linkPair } from './test-links.ts';

/** Two links in one page over real WebRTC. */
const ends: LinkEnd[] = [];
afterEach(() => {
  for (const { link } of ends.splice(0)) link.close(null);
});

function pair(gamerOptions?: EndOptions, volunteerOptions?: EndOptions) {
  const links = linkPair(gamerOptions, volunteerOptions);
  ends.push(links.gamer, links.volunteer);
  return links;
}

const happened = (what: () => void) => vi.waitFor(what, { timeout: 60_000, interval: 10 });
const areOpen = (...links: LinkEnd[]) =>
  happened(() => expect(links.map(({ link }) => link.state)).toEqual(links.map(() => 'open')));
const areClosed = (...links: LinkEnd[]) =>
  happened(() => expect(links.map(({ link }) => link.state)).toEqual(links.map(() => 'closed')));
const kinds = ({ events }: LinkEnd) => events.map(({ kind }) => kind);
const openings = (end: LinkEnd) => kinds(end).filter((kind) => kind === 'open').length;
const isGone = ({ connections }: LinkEnd) => connections.every(({ signalingState }) => signalingState === 'closed');

test('both sides open, exchange capabilities and send messages', async () => {
  const { gamer, volunteer } = pair();
  await areOpen(gamer, volunteer);
  expect([gamer.link.capabilities, volunteer.link.capabilities]).toEqual([CAPABILITIES, null]);
  expect([gamer.connections.length, volunteer.connections.length], 'the one made for the offer is used').toEqual([
    1, 1,
  ]);

  gamer.link.send({ kind: 'stream-close', streamId: 7 });
  const better = { ...CAPABILITIES, adapter: 'another' };
  volunteer.link.send({ kind: 'capabilities', capabilities: better });
  await happened(() => expect([kinds(gamer), kinds(volunteer)]).toEqual([...Array(2)].map(() => ['open', 'message'])));
  expect(volunteer.events[1]).toEqual({ kind: 'message', message: { kind: 'stream-close', streamId: 7 } });
  expect(gamer.link.capabilities).toEqual(better);
});

test('capabilities come with the answer, so that the gamer’s link is open as soon as its channel is', async () => {
  let bytesReceived = 0;
  const { gamer, volunteer } = pair({ onControlBytes: ({ bytesIn }) => (bytesReceived += bytesIn) });
  const whenOpen = new Promise<number>((resolve) => gamer.link.events.add(() => resolve(bytesReceived)));
  await areOpen(gamer, volunteer);
  expect(await whenOpen).toBe(0);
  expect(gamer.link.capabilities).toEqual(CAPABILITIES);
});

test('capabilities that change between the answer and the open link reach the gamer, and unchanged ones are not sent again', async () => {
  const better = { ...CAPABILITIES, adapter: 'another' };
  let asked = 0;
  const { gamer, volunteer } = pair({}, { capabilities: () => (asked++ === 0 ? CAPABILITIES : better) });
  const same = pair();
  await areOpen(gamer, volunteer, same.gamer, same.volunteer);
  await happened(() => expect(gamer.link.capabilities).toEqual(better));
  expect(kinds(gamer)).toEqual(['open', 'message']);
  same.volunteer.link.send({ kind: 'stream-close', streamId: 7 });
  await happened(() => expect(kinds(same.gamer)).toEqual(['open', 'message']));
});

test('a hello that no answer can carry is sent over the connection, and one that cannot be read ends the link', async () => {
  const backend = { backend: 'x'.repeat(64), unitsPerMs: 1 };
  const kinds = Array.from({ length: 64 }, (_, index) => `kind ${index}`.padEnd(64, 'x'));
  const backends = Object.fromEntries(kinds.map((kind) => [kind, backend]));
  const long = pair({}, { capabilities: { ...CAPABILITIES, backends } });
  const unreadable = pair({}, { capabilities: { ...CAPABILITIES, adapter: 'x'.repeat(300) } });
  await areOpen(long.gamer, long.volunteer);
  expect(Object.keys(long.gamer.link.capabilities?.backends ?? {})).toHaveLength(64);
  await areClosed(unreadable.gamer, unreadable.volunteer);
  expect(unreadable.gamer.events.at(-1)).toMatchObject({ kind: 'closed', error: { reason: 'malformed' } });
});

test('the browser’s statistics are never read, and the wait for the hello times out', async () => {
  let waits = 0;
  const clock: Clock = {
    now: systemClock.now,
    after(delayMs, callback) {
      if (delayMs !== LINK.helloTimeoutMs) return systemClock.after(delayMs, callback);
      waits++;
      const cancel = systemClock.after(delayMs, callback);
      return () => {
        waits--;
        cancel();
      };
    },
  };
  const { gamer, volunteer } = pair({ clock });
  await areOpen(gamer, volunteer);
  expect(waits).toBe(0);
  gamer.link.send({ kind: 'stream-close', streamId: 7 });
  await happened(() => expect(kinds(volunteer)).toEqual(['open', 'message']));
  expect([...gamer.connections, ...volunteer.connections].map(({ statsAsked }) => statsAsked)).toEqual([0, 0]);
});

test('closing notifies the other side, and neither side retries or keeps a connection', async () => {
  const { gamer, volunteer } = pair();
  await areOpen(gamer, volunteer);
  volunteer.link.close(null);
  volunteer.link.close(null);
  await areClosed(gamer, volunteer);
  for (const end of [gamer, volunteer]) {
    expect(kinds(end)).toEqual(['open', 'lost', 'closed']);
    expect(end.events.at(-1)).toEqual({ kind: 'closed', error: null });
    await happened(() => expect(isGone(end)).toBe(true));
  }
});

test('closing before the offer arrives releases the prepared connection', async () => {
  const { volunteer } = pair();
  expect(volunteer.connections).toHaveLength(1);
  volunteer.link.close(null);
  await happened(() => expect(isGone(volunteer)).toBe(true));
});

test('a side that opens a channel of its own, which nobody would read or count, loses the link for good', async () => {
  const { gamer, volunteer } = pair();
  await areOpen(gamer, volunteer);
  gamer.connections[0]?.createDataChannel('video', { negotiated: false });
  await areClosed(volunteer, gamer);
  expect(volunteer.events.at(-1)).toMatchObject({ kind: 'closed', error: { reason: 'malformed' } });
});

test('an offer to the side that makes the offers changes nothing, and neither does an answer to the other side', async () => {
  const { gamer, volunteer } = pair();
  await areOpen(gamer, volunteer);
  const ends = [gamer, volunteer];
  // Candidates may still come.
  const described = () =>
    ends.map(({ connections: [connection] }) =>
      connection?.remoteDescription?.sdp.replace(/^a=candidate:.*\r\n/gm, ''),
    );
  const before = described();
  const stranger = new RTCPeerConnection();
  stranger.addTransceiver('video');
  const { sdp = '' } = await stranger.createOffer();
  stranger.close();
  gamer.link.receive(0, { type: 'offer', sdp });
  volunteer.link.receive(0, { type: 'answer', sdp });
  gamer.link.send({ kind: 'stream-close', streamId: 7 });
  await happened(() => expect(kinds(volunteer)).toContain('message'));
  expect(described()).toEqual(before);
  expect(ends.map(({ connections: [connection] }) => connection?.signalingState)).toEqual(['stable', 'stable']);
  expect(ends.map(({ link }) => link.state)).toEqual(['open', 'open']);
});

test('every message of the control channel is counted on both sides before it is read', async () => {
  const counted = { gamer: { in: 0, out: 0 }, volunteer: { in: 0, out: 0 } };
  const counting = (side: { in: number; out: number }) => ({
    onControlBytes: ({ bytesIn, bytesOut }: ControlBytes) => {
      side.in += bytesIn;
      side.out += bytesOut;
    },
  });
  const { gamer, volunteer } = pair(counting(counted.gamer), counting(counted.volunteer));
  await areOpen(gamer, volunteer);
  gamer.link.send({ kind: 'stream-close', streamId: 7 });
  volunteer.link.send({ kind: 'capabilities', capabilities: CAPABILITIES });
  await happened(() =>
    expect([kinds(gamer), kinds(volunteer)].filter((seen) => seen.includes('message'))).toHaveLength(2),
  );
  expect(counted.volunteer).toEqual({ in: counted.gamer.out, out: counted.gamer.in });
  expect(Math.min(counted.gamer.in, counted.gamer.out)).toBeGreaterThan(0);
});

test('different protocol versions close the link on both sides with that reason', async () => {
  const { gamer, volunteer } = pair({}, { protocolVersion: PROTOCOL_VERSION + 1 });
  await areClosed(gamer, volunteer);
  for (const { events } of [gamer, volunteer]) {
    expect(events.at(-1)).toMatchObject({ kind: 'closed', error: { name: 'MeshError', reason: 'protocol-version' } });
  }
});

describe('on the control channel', () => {
  const hello = { kind: 'hello', protocolVersion: PROTOCOL_VERSION, role: 'gamer', capabilities: null };
  const bytesOf = (message: unknown) => concatBytes(encodeTransfer([withoutAttachments(message)]));
  test.each<[string, Uint8Array<ArrayBuffer> | string, string]>([
    ['an unknown message', bytesOf({ kind: 'unheard of' }), 'malformed'],
    ['random bytes', Uint8Array.of(0, 0, 0, 0, 7, 7, 7), 'malformed'],
    ['text', 'hello', 'malformed'],
    ['a second hello', bytesOf(hello), 'malformed'],
    ['an oversized message', new Uint8Array(TRANSFER.maxControlBytes + 1), 'too-large'],
  ])('%s closes this link, and no other, on both sides with a reason', async (_, garbage, reason) => {
    const [victim, bystander] = [pair(), pair()];
    await areOpen(victim.gamer, victim.volunteer, bystander.gamer, bystander.volunteer);
    const control = victim.gamer.connections[0]?.channels.get('control');
    // `send` has a separate overload for each type.
    if (typeof garbage === 'string') control?.send(garbage);
    else control?.send(garbage);
    await areClosed(victim.gamer, victim.volunteer);
    for (const { events } of [victim.gamer, victim.volunteer]) {
      expect(events.at(-1)).toMatchObject({ kind: 'closed', error: { name: 'MeshError', reason } });
    }
    expect([bystander.gamer.link.state, bystander.volunteer.link.state]).toEqual(['open', 'open']);
  });
});

test('a hello that comes in one envelope after a goodbye does not open the link again', async () => {
  const { gamer, volunteer } = pair();
  await areOpen(gamer, volunteer);
  const hello = { kind: 'hello', protocolVersion: PROTOCOL_VERSION, role: 'gamer', capabilities: null };
  const both = encodeTransfer([withoutAttachments({ kind: 'bye', error: null }), withoutAttachments(hello)]);
  gamer.connections[0]?.channels.get('control')?.send(concatBytes(both));
  await happened(() => expect(kinds(volunteer)).toContain('closed'));
  expect(volunteer.link.state).toBe('closed');
});

describe('a lost connection', () => {
  test.each(['gamer', 'volunteer'] as const)('is reported and replaced when the %s’s end dies', async (which) => {
    const attached: string[] = [];
    const note = (name: string): EndOptions => ({
      attach: () => {
        attached.push(`${name} on`);
        return () => attached.push(`${name} off`);
      },
    });
    const links = pair(note('gamer'), note('volunteer'));
    const { gamer, volunteer } = links;
    await areOpen(gamer, volunteer);
    links[which].connections[0]?.close();
    await happened(() => expect([openings(gamer), openings(volunteer)]).toEqual([2, 2]));
    for (const end of [gamer, volunteer]) {
      expect(kinds(end)).toEqual(['open', 'lost', 'open']);
      expect(end.connections[0]?.signalingState).toBe('closed');
    }
    expect(attached.toSorted()).toEqual([
      'gamer off',
      'gamer on',
      'gamer on',
      'volunteer off',
      'volunteer on',
      'volunteer on',
    ]);
    expect(gamer.link.capabilities).toEqual(CAPABILITIES);
  });

  test('is replaced on both sides when its owner reports a failure', async () => {
    const { gamer, volunteer } = pair();
    await areOpen(gamer, volunteer);
    gamer.link.fail(new MeshError('connection-failed', 'The volunteer fell silent.'));
    expect(gamer.events.at(-1)).toMatchObject({ kind: 'lost', error: { reason: 'connection-failed' } });
    await happened(() => expect([openings(gamer), openings(volunteer)]).toEqual([2, 2]));
  });
});

/** A clock on which every delay is a hundred times shorter, for tests that wait for a timeout. */
const hurriedClock: Clock = {
  now: () => systemClock.now() * 100,
  after: (delayMs, callback) => systemClock.after(delayMs / 100, callback),
};

describe('a connection whose other side does not answer', () => {
  test('goes on over another path, and nothing that it carries is lost', async () => {
    const { gamer, volunteer } = pair();
    await areOpen(gamer, volunteer);
    const pathOf = (end: LinkEnd) => end.connections[0]?.remoteDescription?.sdp.match(/a=ice-ufrag:(.*)/)?.[1];
    const before = [pathOf(gamer), pathOf(volunteer)];
    gamer.link.answered(false);
    expect(gamer.link.isInterrupted).toBe(true);
    await happened(() => {
      expect(pathOf(gamer)).not.toBe(before[0]);
      expect(pathOf(volunteer)).not.toBe(before[1]);
    });
    gamer.link.answered(true);
    expect(gamer.link.isInterrupted).toBe(false);
    gamer.link.send({ kind: 'stream-close', streamId: 7 });
    await happened(() => expect(kinds(volunteer)).toEqual(['open', 'message']));
    expect([gamer.connections.length, volunteer.connections.length]).toEqual([1, 1]);
  });

  test('is left alone by the side that waits for offers, and while the server is away', async () => {
    const { gamer, volunteer } = pair({ isIntroduced: () => false });
    await areOpen(gamer, volunteer);
    gamer.link.answered(false);
    volunteer.link.networkReturned();
    gamer.link.send({ kind: 'stream-close', streamId: 7 });
    await happened(() => expect(kinds(volunteer)).toContain('message'));
    expect(gamer.connections[0]?.signalingState).toBe('stable');
  });
});

describe('while the two are not introduced', () => {
  test('a lost link waits, says that it is interrupted, and opens at once when they are', async () => {
    let isIntroduced = true;
    const { gamer, volunteer } = pair({ isIntroduced: () => isIntroduced });
    await areOpen(gamer, volunteer);
    isIntroduced = false;
    gamer.link.fail(new MeshError('connection-failed', 'The volunteer fell silent.'));
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect([gamer.link.state, gamer.link.isInterrupted]).toEqual(['retrying', true]);
    expect(gamer.connections).toHaveLength(1);
    isIntroduced = true;
    gamer.link.introducedAgain();
    await happened(() => expect([openings(gamer), openings(volunteer)]).toEqual([2, 2]));
    expect([gamer.link.isInterrupted, volunteer.link.isInterrupted]).toEqual([false, false]);
  });

  test('a lost link ends some minutes later', async () => {
    let isIntroduced = true;
    // At its own pace until it is open: a busy machine takes longer than a hurried clock gives it.
    const clock = { ...hurriedClock, after: systemClock.after };
    const { gamer } = pair({ isIntroduced: () => isIntroduced, clock });
    await areOpen(gamer);
    clock.after = hurriedClock.after;
    isIntroduced = false;
    gamer.link.fail(new MeshError('connection-failed', 'The volunteer fell silent.'));
    await areClosed(gamer);
    expect(gamer.events.at(-1)).toMatchObject({ kind: 'closed', error: { reason: 'connection-failed' } });
    expect(gamer.link.isInterrupted).toBe(false);
  });
});

test.each<[string, EndOptions]>([
  ['a missing relay', { relayOnly: true }],
  ['ICE servers that the browser refuses', { iceServers: [{ urls: 'nonsense' }] }],
])('with %s a link fails with a reason, and is tried again and again', async (_, options) => {
  const { gamer, volunteer } = pair({ ...options, clock: hurriedClock }, { ...options, clock: hurriedClock });
  await happened(() => expect(gamer.events.length).toBeGreaterThan(2 * RETRY.firstDelaysMs.length));
  expect(gamer.events.map((event) => event.kind === 'lost' && event.error?.reason)).toEqual(
    gamer.events.map(() => 'connection-failed'),
  );
  expect([gamer.link.isInterrupted, openings(gamer), openings(volunteer)]).toEqual([false, 0, 0]);
  for (const end of [gamer, volunteer]) {
    end.link.close(null);
    await happened(() => expect(isGone(end)).toBe(true));
  }
});
