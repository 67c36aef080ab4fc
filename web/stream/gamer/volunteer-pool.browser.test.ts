import { afterEach, beforeEach, expect, test } from 'vitest';
import { ManualClock } from '../../../shared/manual-clock.ts';
import { TestPort } from '../../net/test-channel.ts';
import type { CapturedFrame, Purpose } from '../frame.ts';
import { VideoChannel } from '../transport/video-channel.ts';
import { STREAM } from '../tuning.ts';
import { TEST_SETUP } from './test-setup.ts';
import { VolunteerPool } from './volunteer-pool.ts';

/** Real encoders, and volunteers of which nothing is heard but what a test says. */
let clock: ManualClock;
let pool: VolunteerPool;
let dropped: [number, string][];
let failed: string[];
let silences: number;
let nextFrameId: number;

beforeEach(() => {
  clock = new ManualClock(1_000);
  dropped = [];
  failed = [];
  silences = 0;
  nextFrameId = 0;
  const sink = {
    onSharp: () => {},
    onDropped: ({ frameId }: { frameId: number }, cause: string) => dropped.push([frameId, cause]),
  };
  pool = new VolunteerPool(
    {
      ...{ clock, random: () => 0, sink },
      onSent: () => {},
      onReceived: () => {},
      onSilent: () => silences++,
      onFailed: (_, error) => failed.push(error.reason),
    },
    30,
  );
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

test('a frame goes to whoever is expected to have it back first', async () => {
  const [slow, fast] = [volunteer(1, 200), volunteer(2, 20)];
  pool.offer(captured());
  await sentTo(fast).toBe(1);
  expect(slow.waiting).toHaveLength(0);
  expect(pool.name).toBe('Vera 2 and 1 more');
});

test('a frame waits for a fast volunteer that is full rather than come back late from a slow one, and gives way to a newer one', async () => {
  const [slow, fast] = [volunteer(1, 500), volunteer(2, 20)];
  for (let nth = 0; nth < STREAM.firstFramesInFlight + 2; nth++) pool.offer(captured());
  await sentTo(fast).toBe(STREAM.firstFramesInFlight);
  expect(slow.waiting).toHaveLength(0);
  expect(dropped).toEqual([[STREAM.firstFramesInFlight, 'superseded']]);
});

test('one that does not tell of a frame is silent, and the next frame goes to another', async () => {
  const [slow, fast] = [volunteer(1, 60), volunteer(2, 20)];
  pool.offer(captured());
  await sentTo(fast).toBe(1);
  clock.advance(400);
  expect([silences, pool.name]).toEqual([1, 'Vera 1']);
  pool.offer(captured());
  await sentTo(slow).toBe(1);
  expect(fast.waiting).toHaveLength(1);
});

test('and is let go when it stays so', async () => {
  const only = volunteer(1, 20);
  pool.offer(captured());
  await sentTo(only).toBe(1);
  clock.advance(400 + STREAM.silentForMs);
  expect(failed).toEqual(['timeout']);
  expect(pool.forecast()).toBe(null);
  expect(clock.pending).toBe(0);
});

test('those that stand by are tried now and then, with frames that are not shown', async () => {
  const [standby, fast] = [volunteer(1, 100), volunteer(2, 20)];
  pool.offer(captured());
  pool.tryOthers(() => captured('measure'));
  await sentTo(standby).toBe(1);
  expect(fast.waiting).toHaveLength(1);
  // The frame that only measures keeps nobody waiting.
  expect(pool.isOlderExpected(nextFrameId)).toBe(true);
  pool.drop(2);
  expect(pool.isOlderExpected(nextFrameId)).toBe(false);
});

test('all that a volunteer held is counted when it is lost', async () => {
  const only = volunteer(1, 20);
  pool.offer(captured());
  await sentTo(only).toBe(1);
  expect(pool.lost('Vera 1')).toEqual([1]);
  expect(dropped).toEqual([[0, 'route-closed']]);
});
