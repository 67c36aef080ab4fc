import { beforeEach, expect, test } from 'vitest';
import { MeshError } from '../../../shared/errors.ts';
import { ManualClock } from '../../../shared/manual-clock.ts';
import type { ControlMessage, StreamSetup } from '../../../shared/messages.ts';
import { Listeners } from '../../net/listeners.ts';
import { VolunteerTrust } from '../../net/volunteer-trust.ts';
import { streamSize } from '../frame-size.ts';
import { toStreamSettings } from '../settings.ts';
import { STREAM } from '../tuning.ts';
import { type StreamLink, StreamNegotiator } from './stream-negotiator.ts';
import type { ReadyVolunteer } from './volunteer-route.ts';

/** A volunteer that answers only what a test says. */
class FakeLink implements StreamLink {
  readonly name = 'Vera';
  readonly capabilities;
  readonly sent: ControlMessage[] = [];
  readonly incoming = new Listeners<ControlMessage>();

  constructor(
    readonly id: string,
    unitsPerMs: number,
    codecs: string[] = ['vp8', 'h264'],
  ) {
    const backends = { upscale: { backend: 'wgsl', unitsPerMs } };
    this.capabilities = { adapter: '', backends, tasks: ['upscale'], codecs };
  }

  rttMs = () => 5;
  sendControl = (message: ControlMessage) => void this.sent.push(message);
  onControl = (listener: (message: ControlMessage) => void) => this.incoming.add(listener);
  ensureVideo = () => {};

  get setups(): StreamSetup[] {
    return this.sent.flatMap((message) => (message.kind === 'stream-setup' ? [message.setup] : []));
  }

  ready(): void {
    this.incoming.emit({ kind: 'stream-ready', streamId: this.setups.at(-1)?.streamId ?? -1, backend: 'wgsl' });
  }

  refuse(): void {
    const error = new MeshError('volunteer-failed', 'no').toWire();
    this.incoming.emit({ kind: 'stream-failed', streamId: this.setups.at(-1)?.streamId ?? -1, error });
  }
}

const SIZE = streamSize({ width: 64, height: 36 }, 2);
const SETTINGS = toStreamSettings({}, 'auto');

let clock: ManualClock;
let links: FakeLink[];
let used: ReadyVolunteer[];
let dropped: number[];
let trust: VolunteerTrust;
let roster: StreamNegotiator;

beforeEach(() => {
  clock = new ManualClock();
  links = [];
  used = [];
  dropped = [];
  trust = new VolunteerTrust(() => 0);
  let nextStreamId = 0;
  roster = new StreamNegotiator({
    links: () => links,
    trust,
    now: () => clock.now(),
    nextStreamId: () => nextStreamId++,
    codecs: ['h264', 'vp8'],
    use: async (ready) => void used.push(ready),
    drop: (streamId) => dropped.push(streamId),
  });
});

test('a volunteer is set up, and used once it says that it is ready', () => {
  const link = new FakeLink('vera', 1_000);
  links = [link];
  roster.want(SIZE, SETTINGS);
  expect(link.setups).toMatchObject([
    { ...SIZE, quality: 'spatial', fps: 60, uplinkKbps: 6_000, downlinkKbps: 15_000 },
  ]);
  expect(used).toEqual([]);
  link.ready();
  expect(used).toMatchObject([{ volunteerId: 'vera', setup: { streamId: 0 } }]);
});

test('as many as a stream may have are set up, the fastest of all that are there', () => {
  const many = Array.from({ length: STREAM.maxVolunteers + 2 }, (_, index) => new FakeLink(`${index}`, 10 + index));
  links = many;
  roster.want(SIZE, SETTINGS);
  expect(many.map(({ setups }) => setups.length)).toEqual([0, 0, 1, 1, 1, 1]);
});

test('one that joins while there is a place is set up beside the others', () => {
  const [first, second] = [new FakeLink('first', 10), new FakeLink('second', 1_000)];
  links = [first];
  roster.want(SIZE, SETTINGS);
  first.ready();
  links = [first, second];
  roster.look();
  second.ready();
  expect(used.map(({ volunteerId }) => volunteerId)).toEqual(['first', 'second']);
  expect(dropped).toEqual([]);
});

test('a codec that fails gives way to the next, then the volunteer rests', () => {
  const link = new FakeLink('only', 100);
  links = [link];
  roster.want(SIZE, SETTINGS);
  link.refuse();
  link.refuse();
  expect(link.setups.map(({ codec }) => codec)).toEqual(['h264', 'vp8']);
  expect(roster.lastError?.message).toBe('no');
  clock.advance(STREAM.retryAfterMs - 1);
  roster.look();
  expect(link.setups).toHaveLength(2);
  clock.advance(1);
  roster.look();
  expect(link.setups).toHaveLength(3);
  link.ready();
  expect(roster.lastError).toBe(null);
});

test('a volunteer that sent wrong pictures is barred from all work; one that failed otherwise is not', () => {
  const link = new FakeLink('cheat', 100);
  links = [link];
  roster.want(SIZE, SETTINGS);
  link.ready();
  roster.routeFailed(0, new MeshError('device-lost', 'gone'));
  expect(trust.isBarred('cheat')).toBe(false);
  link.ready();
  const error = MeshError.verifyFailed('Vera answered with something else.');
  roster.routeFailed(1, error);
  expect(trust.isBarred('cheat')).toBe(true);
});

test('only a route that the worker still has is dropped', () => {
  const link = new FakeLink('only', 100);
  links = [link];
  roster.want(SIZE, SETTINGS);
  link.ready();
  roster.routeFailed(0, new MeshError('device-lost', 'gone'));
  expect(link.sent).toContainEqual({ kind: 'stream-close', streamId: 0 });
  link.refuse();
  expect(dropped).toEqual([]);
  clock.advance(STREAM.retryAfterMs);
  roster.look();
  link.ready();
  link.refuse();
  expect(dropped).toEqual([2]);
});

test('a volunteer that leaves is dropped, and the next one takes its place', () => {
  const many = Array.from({ length: STREAM.maxVolunteers + 1 }, (_, index) => new FakeLink(`${index}`, 1_000 - index));
  links = many;
  roster.want(SIZE, SETTINGS);
  const [first] = many;
  first?.ready();
  links = many.slice(1);
  roster.look();
  expect(dropped).toEqual([0]);
  expect(first?.sent.map(({ kind }) => kind)).toEqual(['stream-setup']);
  many.at(-1)?.ready();
  expect(used.map(({ volunteerId }) => volunteerId)).toEqual(['0', `${STREAM.maxVolunteers}`]);
});

test('a volunteer that never answers is given up', () => {
  const link = new FakeLink('silent', 100, ['vp8']);
  links = [link];
  roster.want(SIZE, SETTINGS);
  clock.advance(STREAM.openTimeoutMs + 1);
  roster.look();
  expect(roster.lastError?.reason).toBe('timeout');
  expect(link.sent.at(-1)).toEqual({ kind: 'stream-close', streamId: 0 });
  link.ready();
  expect(used).toEqual([]);
});

test('quality and rate change in place, a size makes another stream', () => {
  const link = new FakeLink('only', 100);
  links = [link];
  roster.want(SIZE, SETTINGS);
  link.ready();
  roster.want(SIZE, { ...SETTINGS, quality: 'bilinear', maxFps: 30 });
  expect(link.setups.at(-1)).toMatchObject({ streamId: 0, quality: 'bilinear', fps: 30 });
  roster.want(streamSize({ width: 32, height: 32 }, 2), SETTINGS);
  expect(link.sent.slice(-2)).toMatchObject([
    { kind: 'stream-close', streamId: 0 },
    { setup: { streamId: 1, width: 32 } },
  ]);
});

test('what changes while a volunteer is being set up reaches it afterwards', () => {
  const link = new FakeLink('only', 100);
  links = [link];
  roster.want(SIZE, SETTINGS);
  roster.want(SIZE, { ...SETTINGS, maxFps: 30 });
  expect(link.setups).toHaveLength(1);
  link.ready();
  expect(link.setups.at(-1)).toMatchObject({ streamId: 0, fps: 30 });
});

test('a stream that runs here only holds no volunteer', () => {
  const link = new FakeLink('only', 100);
  links = [link];
  roster.want(SIZE, SETTINGS);
  roster.want(SIZE, { ...SETTINGS, where: 'local' });
  expect(link.sent.at(-1)).toEqual({ kind: 'stream-close', streamId: 0 });
  roster.look();
  expect(link.setups).toHaveLength(1);
});

test('a volunteer without a common codec or without a backend is not asked', () => {
  links = [new FakeLink('other', 100, ['av1']), new FakeLink('idle', 0)];
  roster.want(SIZE, SETTINGS);
  expect(links.flatMap(({ sent }) => sent)).toEqual([]);
});
