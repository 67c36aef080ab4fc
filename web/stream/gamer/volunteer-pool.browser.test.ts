import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { MeshError } from '../../../shared/errors.ts';
import { ManualClock } from '../../../shared/test-manual-clock.ts';
import { simulatedChannel, TestPort } from '../../net/test-channel.ts';
import type { CapturedFrame, Purpose } from '../frame.ts';
import { INITIAL_FRAMES_IN_FLIGHT } from '../transport/in-flight-window.ts';
import { GIVE_UP_AFTER_MS } from '../transport/liveness-monitor.ts';
import { VideoChannel } from '../transport/video-channel.ts';
import { DetailHistories } from '../verify/detail-history.ts';
import { noUpscaleTile } from '../verify/test-upscale-tile.ts';
import { TEST_SETUP } from './test-setup.ts';
import { VolunteerPool } from './volunteer-pool.ts';

const INTERVAL_MS = 1_000 / 30;

/** Real encoders, and volunteers that never answer. */
let clock: ManualClock;
let pool: VolunteerPool;
let dropped: [number, string][];
let failed: string[];
let nextFrameId: number;

beforeEach(() => {
  clock = new ManualClock(1_000);
  dropped = [];
  failed = [];
  nextFrameId = 0;
  const sink = {
    onUpscaled: () => {},
    onDetail: () => {},
    onDropped: ({ frameId }: { frameId: number }, cause: string) => dropped.push([frameId, cause]),
  };
  pool = new VolunteerPool({
    clock,
    random: () => 0,
    upscaleTile: noUpscaleTile,
    histories: new DetailHistories(),
    intervalMs: () => INTERVAL_MS,
    sink,
    onSent: () => {},
    onReceived: () => {},
    onLimited: () => {},
    onFailed: (_, error) => failed.push(error.reason),
  });
});

afterEach(() => pool.clear());

function volunteer(streamId: number, predictedMs: number) {
  const port = new TestPort();
  const channel = new VideoChannel(
    port,
    () => clock.now(),
    () => {},
  );
  const name = `Vera ${streamId}`;
  pool.add({ volunteerId: name, name, setup: { ...TEST_SETUP, streamId }, predictedMs }, channel);
  return port;
}

function captured(purpose: Purpose = 'show'): CapturedFrame {
  const [codedWidth, codedHeight] = [TEST_SETUP.width, TEST_SETUP.height];
  const pixels = new Uint8Array(4 * codedWidth * codedHeight);
  const timestamp = Math.round(1_000 * clock.now()) + nextFrameId;
  const frame = new VideoFrame(pixels, { format: 'RGBX', codedWidth, codedHeight, timestamp });
  return { frameId: nextFrameId++, capturedMs: clock.now(), frame, purpose };
}

const sentTo = (port: TestPort) => expect.poll(() => port.waiting.length);

test('a frame goes to the volunteer that is expected to return it first', async () => {
  const [slow, fast] = [volunteer(1, 200), volunteer(2, 20)];
  pool.offer(captured());
  await sentTo(fast).toBe(1);
  expect(slow.waiting).toHaveLength(0);
  expect(pool.name).toBe('“Vera 2” and 1 more');
});

test('volunteers have their names quoted in every sentence about them', () => {
  const channel = new VideoChannel(
    new TestPort(),
    () => clock.now(),
    () => {},
  );
  const setup = { ...TEST_SETUP, streamId: 1 };
  pool.add({ volunteerId: 'v', name: 'Log in”. Your PC', setup, predictedMs: 20 }, channel);
  const quoted = "“Log in'. Your PC”";
  expect([pool.name, pool.nameOf('v'), pool.forecast?.name]).toEqual([quoted, quoted, quoted]);
});

test('a frame waits for a busy fast volunteer rather than return late from a slow one, and a newer frame replaces it', async () => {
  const [slow, fast] = [volunteer(1, 500), volunteer(2, 20)];
  for (let nth = 0; nth < INITIAL_FRAMES_IN_FLIGHT + 2; nth++) pool.offer(captured());
  await sentTo(fast).toBe(INITIAL_FRAMES_IN_FLIGHT);
  expect(slow.waiting).toHaveLength(0);
  expect(dropped).toEqual([[INITIAL_FRAMES_IN_FLIGHT, 'superseded']]);
});

test('a volunteer that does not acknowledge a frame is silent, and the next frame goes to another', async () => {
  const [slow, fast] = [volunteer(1, 60), volunteer(2, 20)];
  pool.offer(captured());
  await sentTo(fast).toBe(1);
  clock.advance(400);
  expect(pool.name).toBe('“Vera 1”');
  pool.offer(captured());
  await sentTo(slow).toBe(1);
  expect(fast.waiting).toHaveLength(1);
});

test('a volunteer that stays silent is removed', async () => {
  const only = volunteer(1, 20);
  pool.offer(captured());
  await sentTo(only).toBe(1);
  clock.advance(400 + GIVE_UP_AFTER_MS);
  expect(failed).toEqual(['timeout']);
  expect(pool.forecast).toBe(null);
  expect(clock.pending).toBe(0);
});

test('a volunteer that acknowledges frames and answers none is left', async () => {
  const encode = vi.spyOn(VideoEncoder.prototype, 'encode');
  const [ours, theirs] = simulatedChannel(clock, { latencyMs: 1, bytesPerMs: 1e6 });
  const now = () => clock.now();
  const volunteerEnd = new VideoChannel(theirs, now, () => {});
  let acknowledged = 0;
  volunteerEnd.listen(1, {
    onMessage({ message }) {
      if (message.kind !== 'frame') return;
      acknowledged++;
      volunteerEnd.trySendNote({ kind: 'ack', streamId: 1, frameId: message.frameId, receivedMs: clock.now() });
    },
    onLost: () => {},
  });
  const setup = { ...TEST_SETUP, streamId: 1 };
  pool.add({ volunteerId: 'Vera', name: 'Vera', setup, predictedMs: 20 }, new VideoChannel(ours, now, () => {}));
  const startMs = clock.now();
  while (failed.length === 0) {
    pool.offer(captured());
    // Whatever was encoded has arrived.
    await vi.waitUntil(
      () => {
        clock.advance(1);
        return acknowledged === encode.mock.calls.length;
      },
      { timeout: 60_000, interval: 5 },
    );
    clock.advance(100);
  }
  expect(failed).toEqual(['unsupported-browser']);
  expect(acknowledged).toBeGreaterThan(INITIAL_FRAMES_IN_FLIGHT);
  expect(clock.now() - startMs).toBeLessThan(15_000);
  encode.mockRestore();
  volunteerEnd.close();
});

test('idle volunteers are probed with frames that are not shown', async () => {
  const [standby, fast] = [volunteer(1, 100), volunteer(2, 20)];
  pool.offer(captured());
  pool.probeIdle(() => captured('measure'));
  await sentTo(standby).toBe(1);
  expect(fast.waiting).toHaveLength(1);
});

test('the frames that a lost volunteer held are counted as dropped', async () => {
  const only = volunteer(1, 20);
  pool.offer(captured());
  await sentTo(only).toBe(1);
  pool.connectionLost('Vera 1', MeshError.closed('The link'));
  pool.connectionLost('Vera 1', MeshError.closed('The link'));
  expect(failed).toEqual(['closed']);
  expect(dropped).toEqual([[0, 'route-closed']]);
});
