import { beforeEach, expect, test } from 'vitest';
import { MeshError, type MeshErrorReason } from '../../../shared/errors.ts';
import type { ControlMessage, StreamSetup } from '../../../shared/messages.ts';
import { ManualClock } from '../../../shared/test-manual-clock.ts';
import { Listeners } from '../../net/listeners.ts';
import { VolunteerTrust } from '../../net/volunteer-trust.ts';
import { streamSize } from '../frame-size.ts';
import { RETRY_AFTER_MS, toStreamSettings } from '../settings.ts';
import { MAX_RETRY_AFTER_MS } from './retry-backoff.ts';
import { MAX_VOLUNTEERS, SETUP_TIMEOUT_MS, type StreamLink, StreamNegotiator } from './stream-negotiator.ts';
import type { ReadyVolunteer } from './volunteer-route.ts';

/** A volunteer that answers only when a test tells it to. */
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

  refuse(reason: MeshErrorReason = 'volunteer-failed'): void {
    const error = new MeshError(reason, 'no').toWire();
    this.incoming.emit({ kind: 'stream-failed', streamId: this.setups.at(-1)?.streamId ?? -1, error });
  }
}

const SIZE = streamSize({ width: 64, height: 36 }, 2);
const SETTINGS = toStreamSettings({}, 'auto');

let clock: ManualClock;
let links: FakeLink[];
let added: ReadyVolunteer[];
let removed: number[];
let trust: VolunteerTrust;
let negotiator: StreamNegotiator;

beforeEach(() => {
  clock = new ManualClock();
  links = [];
  added = [];
  removed = [];
  trust = new VolunteerTrust(() => 0);
  let nextStreamId = 0;
  negotiator = new StreamNegotiator({
    links: () => links,
    trust,
    now: () => clock.now(),
    nextStreamId: () => nextStreamId++,
    codecs: ['h264', 'vp8'],
    addRoute: async (ready) => void added.push(ready),
    removeRoute: (streamId) => removed.push(streamId),
  });
});

test('a volunteer is set up, and gets frames once it says that it is ready', () => {
  const link = new FakeLink('vera', 1_000);
  links = [link];
  negotiator.request(SIZE, SETTINGS);
  expect(link.setups).toMatchObject([{ ...SIZE, quality: 'ultra', fps: 60, uplinkKbps: 6_000, downlinkKbps: 3_000 }]);
  expect(added).toEqual([]);
  link.ready();
  expect(added).toMatchObject([{ volunteerId: 'vera', setup: { streamId: 0 } }]);
});

test('the fastest volunteers are set up, as many as a stream may have', () => {
  const many = Array.from({ length: MAX_VOLUNTEERS.detail + 2 }, (_, index) => new FakeLink(`${index}`, 10 + index));
  links = many;
  negotiator.request(SIZE, SETTINGS);
  expect(many.map(({ setups }) => setups.length)).toEqual([0, 0, 1, 1, 1, 1]);
});

test('pictures are asked of one volunteer, with a picture’s bitrate and no base', () => {
  const [slow, fast] = [new FakeLink('slow', 10), new FakeLink('fast', 1_000)];
  links = [slow, fast];
  negotiator.request(SIZE, toStreamSettings({ transport: 'picture' }, 'auto'));
  expect(slow.setups).toEqual([]);
  expect(fast.setups).toMatchObject([{ uplinkKbps: 6_000, downlinkKbps: 15_000, detail: null }]);
});

test('nobody is asked for detail of a quality that only enlarges, and who helped is released when it is chosen', () => {
  const link = new FakeLink('vera', 1_000);
  links = [link];
  negotiator.request(SIZE, { ...SETTINGS, quality: 'bicubic' });
  expect(link.setups).toEqual([]);
  negotiator.request(SIZE, { ...SETTINGS, quality: 'fast' });
  link.ready();
  negotiator.request(SIZE, { ...SETTINGS, quality: 'bilinear' });
  expect(removed).toEqual([0]);
  negotiator.refresh();
  expect(link.setups).toHaveLength(1);
});

test('a volunteer that joins while there is a free place is set up too', () => {
  const [first, second] = [new FakeLink('first', 10), new FakeLink('second', 1_000)];
  links = [first];
  negotiator.request(SIZE, SETTINGS);
  first.ready();
  links = [first, second];
  negotiator.refresh();
  second.ready();
  expect(added.map(({ volunteerId }) => volunteerId)).toEqual(['first', 'second']);
  expect(removed).toEqual([]);
});

test('after a codec failed the next one is tried, then the volunteer is left alone for a while', () => {
  const link = new FakeLink('only', 100);
  links = [link];
  negotiator.request(SIZE, SETTINGS);
  link.refuse('unsupported-browser');
  link.refuse('unsupported-browser');
  expect(link.setups.map(({ codec }) => codec)).toEqual(['h264', 'vp8']);
  expect(negotiator.lastError?.message).toBe('The volunteer said: “no”');
  clock.advance(RETRY_AFTER_MS - 1);
  negotiator.refresh();
  expect(link.setups).toHaveLength(2);
  clock.advance(1);
  negotiator.refresh();
  expect(link.setups).toHaveLength(3);
  link.ready();
  expect(negotiator.lastError).toBe(null);
});

test('a volunteer that fails whatever the codec is not asked with another one, and is left alone longer each time', () => {
  const link = new FakeLink('useless', 100);
  links = [link];
  negotiator.request(SIZE, SETTINGS);
  const askedAfterMs: number[] = [];
  for (let failures = 0; failures < 7; failures++) {
    link.ready();
    negotiator.routeFailed(link.setups.at(-1)?.streamId ?? -1, new MeshError('volunteer-failed', 'useless'));
    const failedMs = clock.now();
    const asked = link.setups.length;
    while (link.setups.length === asked) {
      clock.advance(RETRY_AFTER_MS);
      negotiator.refresh();
    }
    askedAfterMs.push(clock.now() - failedMs);
  }
  expect(askedAfterMs.map((ms) => ms / RETRY_AFTER_MS)).toEqual([1, 2, 4, 8, 16, 24, 24]);
  link.ready();
  clock.advance(2 * MAX_RETRY_AFTER_MS);
  link.refuse();
  clock.advance(RETRY_AFTER_MS);
  negotiator.refresh();
  expect(link.setups).toHaveLength(9);
});

test('a volunteer that refuses, as one that paused does, is asked again at the same pace', () => {
  const link = new FakeLink('paused', 100);
  links = [link];
  negotiator.request(SIZE, SETTINGS);
  for (let refusals = 1; refusals < 20; refusals++) {
    link.refuse();
    negotiator.refresh();
    expect(link.setups).toHaveLength(refusals);
    clock.advance(RETRY_AFTER_MS);
    negotiator.refresh();
  }
  expect(link.setups).toHaveLength(20);
});

test('a volunteer that sent wrong pictures is barred from all work; one that failed otherwise is not', () => {
  const link = new FakeLink('cheat', 100);
  links = [link];
  negotiator.request(SIZE, SETTINGS);
  link.ready();
  negotiator.routeFailed(0, new MeshError('device-lost', 'gone'));
  expect(trust.isBarred('cheat')).toBe(false);
  clock.advance(RETRY_AFTER_MS);
  negotiator.refresh();
  link.ready();
  const error = MeshError.verifyFailed('Vera answered with something else.');
  negotiator.routeFailed(1, error);
  expect(trust.isBarred('cheat')).toBe(true);
});

test('only a route that the worker still has is removed', () => {
  const link = new FakeLink('only', 100);
  links = [link];
  negotiator.request(SIZE, SETTINGS);
  link.ready();
  negotiator.routeFailed(0, new MeshError('device-lost', 'gone'));
  expect(link.sent).toContainEqual({ kind: 'stream-close', streamId: 0 });
  clock.advance(RETRY_AFTER_MS);
  negotiator.refresh();
  link.refuse();
  expect(removed).toEqual([]);
  clock.advance(RETRY_AFTER_MS);
  negotiator.refresh();
  link.ready();
  link.refuse();
  expect(removed).toEqual([2]);
});

test('a volunteer that leaves is removed, and the next one takes its place', () => {
  const many = Array.from({ length: MAX_VOLUNTEERS.detail + 1 }, (_, index) => new FakeLink(`${index}`, 1_000 - index));
  links = many;
  negotiator.request(SIZE, SETTINGS);
  const [first] = many;
  first?.ready();
  links = many.slice(1);
  negotiator.refresh();
  expect(removed).toEqual([0]);
  expect(first?.sent.map(({ kind }) => kind)).toEqual(['stream-setup']);
  many.at(-1)?.ready();
  expect(added.map(({ volunteerId }) => volunteerId)).toEqual(['0', `${MAX_VOLUNTEERS.detail}`]);
});

test('a volunteer that never answers is given up', () => {
  const link = new FakeLink('silent', 100, ['vp8']);
  links = [link];
  negotiator.request(SIZE, SETTINGS);
  clock.advance(SETUP_TIMEOUT_MS + 1);
  negotiator.refresh();
  expect(negotiator.lastError?.reason).toBe('timeout');
  expect(link.sent.at(-1)).toEqual({ kind: 'stream-close', streamId: 0 });
  link.ready();
  expect(added).toEqual([]);
});

test('quality and frame rate change in place; another size needs a new stream', () => {
  const link = new FakeLink('only', 100);
  links = [link];
  negotiator.request(SIZE, SETTINGS);
  link.ready();
  negotiator.request(SIZE, { ...SETTINGS, quality: 'spatial', maxFps: 30 });
  expect(link.setups.at(-1)).toMatchObject({ streamId: 0, quality: 'spatial', fps: 30 });
  negotiator.request(streamSize({ width: 32, height: 32 }, 2), SETTINGS);
  expect(link.sent.slice(-2)).toMatchObject([
    { kind: 'stream-close', streamId: 0 },
    { setup: { streamId: 1, width: 32 } },
  ]);
});

test('a volunteer may use the best quality where none was chosen, and again once a choice is taken back', () => {
  const link = new FakeLink('only', 100);
  links = [link];
  for (const quality of ['auto', 'fast', 'auto'] as const) {
    negotiator.request(SIZE, { ...SETTINGS, quality });
    if (link.setups.length === 1) link.ready();
  }
  expect(link.setups.map(({ quality }) => quality)).toEqual(['ultra', 'fast', 'ultra']);
});

test('a setting that changes while a volunteer is being set up reaches it afterwards', () => {
  const link = new FakeLink('only', 100);
  links = [link];
  negotiator.request(SIZE, SETTINGS);
  negotiator.request(SIZE, { ...SETTINGS, maxFps: 30 });
  expect(link.setups).toHaveLength(1);
  link.ready();
  expect(link.setups.at(-1)).toMatchObject({ streamId: 0, fps: 30 });
});

test('a stream that runs only locally uses no volunteer', () => {
  const link = new FakeLink('only', 100);
  links = [link];
  negotiator.request(SIZE, SETTINGS);
  negotiator.request(SIZE, { ...SETTINGS, where: 'local' });
  expect(link.sent.at(-1)).toEqual({ kind: 'stream-close', streamId: 0 });
  negotiator.refresh();
  expect(link.setups).toHaveLength(1);
});

test('a volunteer without a common codec or without a backend is not asked', () => {
  links = [new FakeLink('other', 100, ['av1']), new FakeLink('idle', 0)];
  negotiator.request(SIZE, SETTINGS);
  expect(links.flatMap(({ sent }) => sent)).toEqual([]);
});
