import { afterEach, describe, expect, test, vi } from 'vitest';
import { concatBytes } from '../../shared/bytes.ts';
import { type Clock, systemClock } from '../../shared/clock.ts';
import { MeshError } from '../../shared/errors.ts';
import { TRANSFER } from '../../shared/protocol-limits.ts';
import { PROTOCOL_VERSION } from '../../shared/signaling.ts';
import { bare, encodeTransfer } from '../../shared/wire.ts';
import { LINK } from './link.ts';
import { CAPABILITIES, type EndOptions, type LinkEnd, linkPair } from './test-links.ts';

/** Real WebRTC between two links of one page. */
const ends: LinkEnd[] = [];
afterEach(() => {
  for (const { link } of ends.splice(0)) link.close(null);
});

function pair(gamerOptions?: EndOptions, volunteerOptions?: EndOptions) {
  const links = linkPair(gamerOptions, volunteerOptions);
  ends.push(links.gamer, links.volunteer);
  return links;
}

const happened = (what: () => void) => vi.waitFor(what, { timeout: 30_000, interval: 10 });
const areOpen = (...links: LinkEnd[]) =>
  happened(() => expect(links.map(({ link }) => link.state)).toEqual(links.map(() => 'open')));
const areClosed = (...links: LinkEnd[]) =>
  happened(() => expect(links.map(({ link }) => link.state)).toEqual(links.map(() => 'closed')));
const kinds = ({ events }: LinkEnd) => events.map(({ kind }) => kind);
const openings = (end: LinkEnd) => kinds(end).filter((kind) => kind === 'open').length;
const isGone = ({ connections }: LinkEnd) => connections.every(({ signalingState }) => signalingState === 'closed');

test('both sides open, know what the other can do, and talk', async () => {
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

test('the browser’s statistics are never asked for, and the wait for the hello ends', async () => {
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

test('a side that closes tells the other, and neither tries again nor keeps a connection', async () => {
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

test('a side that closes before the offer came keeps nothing of what it had ready', async () => {
  const { volunteer } = pair();
  expect(volunteer.connections).toHaveLength(1);
  volunteer.link.close(null);
  await happened(() => expect(isGone(volunteer)).toBe(true));
});

test('two versions of the protocol part with that reason on both sides', async () => {
  const { gamer, volunteer } = pair({}, { protocolVersion: PROTOCOL_VERSION + 1 });
  await areClosed(gamer, volunteer);
  for (const { events } of [gamer, volunteer]) {
    expect(events.at(-1)).toMatchObject({ kind: 'closed', error: { name: 'MeshError', reason: 'protocol-version' } });
  }
});

describe('on the control channel', () => {
  const hello = { kind: 'hello', protocolVersion: PROTOCOL_VERSION, role: 'gamer', capabilities: null };
  const bytesOf = (message: unknown) => concatBytes(encodeTransfer([bare(message)]));
  test.each<[string, Uint8Array<ArrayBuffer> | string, string]>([
    ['a message nobody knows', bytesOf({ kind: 'unheard of' }), 'malformed'],
    ['random bytes', Uint8Array.of(0, 0, 0, 0, 7, 7, 7), 'malformed'],
    ['text', 'hello', 'malformed'],
    ['a second hello', bytesOf(hello), 'malformed'],
    ['too much', new Uint8Array(TRANSFER.maxControlBytes + 1), 'too-large'],
  ])('%s ends that link on both sides, with a reason, and no other', async (_, garbage, reason) => {
    const [victim, bystander] = [pair(), pair()];
    await areOpen(victim.gamer, victim.volunteer, bystander.gamer, bystander.volunteer);
    const control = victim.gamer.connections[0]?.channels.get('control');
    // `send` takes each in its own overload.
    if (typeof garbage === 'string') control?.send(garbage);
    else control?.send(garbage);
    await areClosed(victim.gamer, victim.volunteer);
    for (const { events } of [victim.gamer, victim.volunteer]) {
      expect(events.at(-1)).toMatchObject({ kind: 'closed', error: { name: 'MeshError', reason } });
    }
    expect([bystander.gamer.link.state, bystander.volunteer.link.state]).toEqual(['open', 'open']);
  });
});

describe('a lost connection', () => {
  test.each(['gamer', 'volunteer'] as const)(
    'of which the %s’s end died is told, and replaced by a new one',
    async (which) => {
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
    },
  );

  test('that its owner gave up is replaced, too, on both sides', async () => {
    const { gamer, volunteer } = pair();
    await areOpen(gamer, volunteer);
    gamer.link.fail(new MeshError('connection-failed', 'The volunteer fell silent.'));
    expect(gamer.events.at(-1)).toMatchObject({ kind: 'lost', error: { reason: 'connection-failed' } });
    await happened(() => expect([openings(gamer), openings(volunteer)]).toEqual([2, 2]));
  });
});

/** Every wait takes a hundredth of its time: for what only has to time out. */
const hurriedClock: Clock = {
  now: () => systemClock.now() * 100,
  after: (delayMs, callback) => systemClock.after(delayMs / 100, callback),
};

test.each<[string, EndOptions]>([
  ['a relay that is not there', { relayOnly: true }],
  ['ICE servers that the browser refuses', { iceServers: [{ urls: 'nonsense' }] }],
])('with %s a link fails with a reason after its retries', async (_, options) => {
  const { gamer, volunteer } = pair({ ...options, clock: hurriedClock }, { ...options, clock: hurriedClock });
  await areClosed(gamer, volunteer);
  for (const end of [gamer, volunteer]) {
    expect(end.events.at(-1)).toMatchObject({ kind: 'closed', error: { reason: 'connection-failed' } });
    expect(openings(end)).toBe(0);
    await happened(() => expect(isGone(end)).toBe(true));
  }
});
