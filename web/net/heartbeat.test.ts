import { afterEach, expect, test } from 'vitest';
import type { MeshError } from '../../shared/errors.ts';
import { ManualClock } from '../../shared/manual-clock.ts';
import { RECHECK_MS, RTT } from './failure-detector.ts';
import { HEARTBEAT, HeartbeatMonitor, type HeartbeatReading, HeartbeatResponder } from './heartbeat.ts';
import { deliver, TestPort } from './test-channel.ts';

const endings: (() => void)[] = [];
afterEach(() => {
  for (const dispose of endings.splice(0)) dispose();
});

/** Both ends of a pulse; nothing moves but by `exchange`. */
async function pulse() {
  const clock = new ManualClock();
  const [gamer, volunteer] = [new TestPort(), new TestPort()];
  const readings: HeartbeatReading[] = [];
  const lost: MeshError[] = [];
  const broken: MeshError[] = [];
  const work = { load: 0.25, held: 3 };
  const service = { p99Ms: 0 };
  const silences: boolean[] = [];
  const rtts: number[] = [];
  const isWorking = { gamer: false, volunteer: false };
  const monitor = new HeartbeatMonitor({
    port: gamer,
    clock,
    working: () => isWorking.gamer,
    serviceP99Ms: () => service.p99Ms,
    onReading: (reading) => readings.push(reading),
    onSilence: (isSilent) => silences.push(isSilent),
    onLost: (error) => lost.push(error),
    onBroken: (error) => broken.push(error),
  });
  const responder = new HeartbeatResponder({
    port: volunteer,
    clock,
    read: () => ({ ...work }),
    working: () => isWorking.volunteer,
    onRtt: (rttMs) => rtts.push(rttMs),
    onBroken: (error) => broken.push(error),
  });
  endings.push(
    () => monitor.dispose(),
    () => responder.dispose(),
  );
  await Promise.resolve();
  const exchange = (rttMs: number) => {
    deliver(gamer, volunteer);
    clock.advance(rttMs);
    deliver(volunteer, gamer);
  };
  /** Both ends have work, and leases arrive as they are sent. */
  const workFor = (ms: number) => {
    for (let passedMs = 0; passedMs < ms; passedMs += 5) {
      deliver(gamer, volunteer);
      deliver(volunteer, gamer);
      clock.advance(5);
    }
  };
  const beginWork = () => {
    isWorking.gamer = true;
    isWorking.volunteer = true;
    monitor.workBegan();
    responder.workBegan();
  };
  return {
    ...{ clock, gamer, volunteer, readings, lost, broken, work, monitor, responder, exchange },
    ...{ silences, rtts, service, isWorking, workFor, beginWork },
  };
}

test('each answer tells the round trip, smoothed, and how busy the volunteer is', async () => {
  const { clock, readings, work, exchange } = await pulse();
  exchange(10);
  work.load = 1;
  work.held = 9;
  clock.advance(HEARTBEAT.intervalMs - 10);
  exchange(90);
  expect(readings).toEqual([
    { rttMs: 10, load: 0.25, held: 3 },
    { rttMs: 10 + RTT.smoothing * 80, load: 1, held: 9 },
  ]);
});

test('a round trip longer than the time between two pings is measured as well', async () => {
  const { clock, gamer, volunteer, readings, lost } = await pulse();
  for (let beat = 0; beat < 4; beat++) {
    deliver(gamer, volunteer);
    clock.advance(HEARTBEAT.intervalMs);
    clock.advance(HEARTBEAT.intervalMs);
    deliver(volunteer, gamer);
  }
  expect(readings[0]?.rttMs).toBe(2 * HEARTBEAT.intervalMs);
  expect(lost).toEqual([]);
});

test('one silence is told once, and not before its time', async () => {
  const { clock, lost, exchange } = await pulse();
  exchange(10);
  clock.advance(HEARTBEAT.lostAfterMs);
  expect(lost).toEqual([]);
  clock.advance(HEARTBEAT.intervalMs + RECHECK_MS);
  expect(lost).toMatchObject([{ reason: 'connection-failed' }]);
  clock.advance(10 * HEARTBEAT.lostAfterMs);
  expect(lost).toHaveLength(1);
});

test('a pulse that is disposed asks nothing more and leaves no timer', async () => {
  const { clock, gamer, lost, monitor, exchange } = await pulse();
  exchange(10);
  monitor.dispose();
  monitor.dispose();
  clock.advance(10 * HEARTBEAT.lostAfterMs);
  expect([clock.pending, gamer.waiting.length, lost]).toEqual([0, 0, []]);
});

test('a pulse whose channel closes without a farewell of its link has lost the volunteer', async () => {
  const { clock, gamer, volunteer, lost, broken } = await pulse();
  gamer.fire('close');
  volunteer.fire('close');
  expect(lost).toEqual([]);
  clock.advance(HEARTBEAT.farewellMs);
  expect([lost, broken]).toMatchObject([[{ reason: 'connection-failed' }], []]);
  expect(clock.pending).toBe(0);
});

test('with a farewell it is over without a word', async () => {
  const { clock, gamer, lost, broken, monitor } = await pulse();
  gamer.fire('close');
  monitor.dispose();
  clock.advance(10 * HEARTBEAT.lostAfterMs);
  expect([clock.pending, lost, broken]).toEqual([0, [], []]);
});

test('garbage on either end is told as malformed', async () => {
  const { gamer, volunteer, broken } = await pulse();
  gamer.receive('text');
  volunteer.receive(new ArrayBuffer(3));
  expect(broken).toMatchObject([{ reason: 'malformed' }, { reason: 'malformed' }]);
});

test('an end that gets what only the other should get ignores it', async () => {
  const { gamer, volunteer, readings, broken } = await pulse();
  const ping = gamer.take();
  gamer.receive(ping?.buffer);
  expect([readings, broken, gamer.waiting.length, volunteer.waiting.length]).toEqual([[], [], 0, 0]);
});

test('while it has work a worker says so every few milliseconds, from the first moment and no longer', async () => {
  const { clock, volunteer, responder, isWorking } = await pulse();
  volunteer.take();
  isWorking.volunteer = true;
  for (let task = 0; task < 3; task++) responder.workBegan();
  expect(volunteer.waiting).toHaveLength(1);
  expect(volunteer.waiting[0]?.byteLength).toBeLessThan(40);
  clock.advance(10 * HEARTBEAT.leaseMs);
  expect(volunteer.waiting).toHaveLength(11);
  isWorking.volunteer = false;
  clock.advance(10 * HEARTBEAT.leaseMs);
  expect(volunteer.waiting).toHaveLength(11);
  isWorking.volunteer = true;
  responder.workBegan();
  expect(volunteer.waiting).toHaveLength(12);
  responder.dispose();
  clock.advance(10 * HEARTBEAT.leaseMs);
  responder.workBegan();
  expect(volunteer.waiting).toHaveLength(12);
});

test('a worker that lives is not suspected, however long it works', async () => {
  const { silences, readings, beginWork, workFor } = await pulse();
  beginWork();
  workFor(3_000);
  expect(silences).toEqual([]);
  expect(readings.length).toBeGreaterThan(4);
});

test('a worker that falls silent is suspected in time, once; the next sign, whatever it is, clears it', async () => {
  const { clock, volunteer, gamer, silences, monitor, beginWork, workFor, lost } = await pulse();
  beginWork();
  workFor(200);
  deliver(volunteer, gamer);
  clock.advance(HEARTBEAT.suspectAfterMs - 1);
  expect(silences).toEqual([]);
  clock.advance(1);
  expect(silences).toEqual([true]);
  clock.advance(1_000);
  expect(silences).toEqual([true]);
  monitor.heard();
  expect(silences).toEqual([true, false]);
  clock.advance(HEARTBEAT.suspectAfterMs);
  expect([silences, lost]).toEqual([[true, false, true], []]);
  deliver(volunteer, gamer);
  expect(silences).toEqual([true, false, true, false]);
});

test('silence begins with the work: none before it counts, and none without it', async () => {
  const { clock, gamer, silences, monitor, isWorking, exchange } = await pulse();
  exchange(10);
  clock.advance(400);
  expect(silences).toEqual([]);
  isWorking.gamer = true;
  monitor.workBegan();
  clock.advance(HEARTBEAT.suspectAfterMs - 1);
  expect(silences).toEqual([]);
  isWorking.gamer = false;
  clock.advance(HEARTBEAT.suspectAfterMs);
  expect(silences).toEqual([]);
  expect(clock.pending, 'only the next ping').toBe(1);
  expect(gamer.waiting.length).toBeGreaterThan(0);
});

test('a far, jittery or slow volunteer is given the time it takes', async () => {
  const { clock, silences, service, monitor, isWorking, exchange } = await pulse();
  exchange(100);
  service.p99Ms = 70;
  isWorking.gamer = true;
  monitor.workBegan();
  // A round trip, its jitter (at first half of it) as often as it may be late, and what tasks take there.
  const allowedMs = 100 + RTT.jitterFactor * 50 + 70;
  clock.advance(allowedMs - 1);
  expect(silences).toEqual([]);
  clock.advance(1);
  expect(silences).toEqual([true]);
});

test('a page that stood still hears what came meanwhile before it suspects anybody', async () => {
  const { clock, gamer, volunteer, silences, lost, beginWork, workFor } = await pulse();
  beginWork();
  workFor(100);
  // The clock jumps, as after a long task of ours: the timer fires late, and the messages are only behind it.
  clock.jump(HEARTBEAT.lostAfterMs + 1_000);
  deliver(volunteer, gamer);
  workFor(500);
  expect([silences, lost]).toEqual([[], []]);
  clock.jump(300);
  clock.advance(RECHECK_MS);
  expect(silences, 'and if nothing came it does').toEqual([true]);
});

test('the volunteer is told the round trip as soon as it is known', async () => {
  const { clock, rtts, exchange } = await pulse();
  exchange(40);
  expect(rtts).toEqual([]);
  clock.advance(HEARTBEAT.intervalMs - 40);
  exchange(40);
  expect(rtts).toEqual([40]);
});

test('a pulse that is over suspects nobody and leaves no timer', async () => {
  const { clock, silences, monitor, responder, beginWork, workFor } = await pulse();
  beginWork();
  workFor(100);
  monitor.dispose();
  responder.dispose();
  expect(clock.pending).toBe(0);
  monitor.workBegan();
  monitor.heard();
  clock.advance(1_000);
  expect([silences, clock.pending]).toEqual([[], 0]);
});
