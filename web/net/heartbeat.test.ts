import { afterEach, expect, test } from 'vitest';
import type { MeshError } from '../../shared/errors.ts';
import { ManualClock } from '../../shared/test-manual-clock.ts';
import { RECHECK_MS, RTT } from './failure-detector.ts';
import { HEARTBEAT, HeartbeatMonitor, type HeartbeatReading, HeartbeatResponder } from './heartbeat.ts';
import { deliver, TestPort } from './test-channel.ts';

const endings: (() => void)[] = [];
afterEach(() => {
  for (const dispose of endings.splice(0)) dispose();
});

/** Both ends of a heartbeat; messages are delivered only by `exchange` and `workFor`. */
async function heartbeat() {
  const clock = new ManualClock();
  const [gamer, volunteer] = [new TestPort(), new TestPort()];
  const readings: HeartbeatReading[] = [];
  const answered: boolean[] = [];
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
    hasWork: () => isWorking.gamer,
    serviceP99Ms: () => service.p99Ms,
    onReading: (reading) => readings.push(reading),
    onSilence: (isSilent) => silences.push(isSilent),
    onAnswered: (isAnswered) => answered.push(isAnswered),
    onLost: (error) => lost.push(error),
    onBroken: (error) => broken.push(error),
  });
  const responder = new HeartbeatResponder({
    port: volunteer,
    clock,
    read: () => ({ ...work }),
    hasWork: () => isWorking.volunteer,
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
  /** Lets time pass while messages are delivered every 5 ms. */
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
    clock,
    gamer,
    volunteer,
    readings,
    answered,
    lost,
    broken,
    work,
    monitor,
    responder,
    exchange,
    silences,
    rtts,
    service,
    isWorking,
    workFor,
    beginWork,
  };
}

test('each pong updates the smoothed round trip and the load of the volunteer', async () => {
  const { clock, readings, work, exchange } = await heartbeat();
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

test('a round trip longer than the ping interval is measured', async () => {
  const { clock, gamer, volunteer, readings, lost } = await heartbeat();
  for (let beat = 0; beat < 4; beat++) {
    deliver(gamer, volunteer);
    clock.advance(HEARTBEAT.intervalMs);
    clock.advance(HEARTBEAT.intervalMs);
    deliver(volunteer, gamer);
  }
  expect(readings[0]?.rttMs).toBe(2 * HEARTBEAT.intervalMs);
  expect(lost).toEqual([]);
});

test('a lost connection is reported once, and not too early', async () => {
  const { clock, lost, exchange } = await heartbeat();
  exchange(10);
  clock.advance(HEARTBEAT.lostAfterMs);
  expect(lost).toEqual([]);
  clock.advance(HEARTBEAT.intervalMs + RECHECK_MS);
  expect(lost).toMatchObject([{ reason: 'connection-failed' }]);
  clock.advance(10 * HEARTBEAT.lostAfterMs);
  expect(lost).toHaveLength(1);
});

test('a volunteer that does not answer is doubted in half of that time, once, and no longer when it answers', async () => {
  const { clock, answered, lost, exchange } = await heartbeat();
  exchange(10);
  clock.advance(HEARTBEAT.doubtAfterMs);
  expect(answered).toEqual([]);
  clock.advance(2 * HEARTBEAT.intervalMs);
  expect(answered).toEqual([false]);
  exchange(10);
  expect([answered, lost]).toEqual([[false, true], []]);
});

test('a disposed heartbeat sends no pings and leaves no timer', async () => {
  const { clock, gamer, lost, monitor, exchange } = await heartbeat();
  exchange(10);
  monitor.dispose();
  monitor.dispose();
  clock.advance(10 * HEARTBEAT.lostAfterMs);
  expect([clock.pending, gamer.waiting.length, lost]).toEqual([0, 0, []]);
});

test('a channel that closes while its link stays open means that the volunteer is lost', async () => {
  const { clock, gamer, volunteer, lost, broken } = await heartbeat();
  gamer.fire('close');
  volunteer.fire('close');
  expect(lost).toEqual([]);
  clock.advance(HEARTBEAT.farewellMs);
  expect([lost, broken]).toMatchObject([[{ reason: 'connection-failed' }], []]);
  expect(clock.pending).toBe(0);
});

test('a channel that closes together with its link is not reported', async () => {
  const { clock, gamer, lost, broken, monitor } = await heartbeat();
  gamer.fire('close');
  monitor.dispose();
  clock.advance(10 * HEARTBEAT.lostAfterMs);
  expect([clock.pending, lost, broken]).toEqual([0, [], []]);
});

test('malformed data on either end is reported', async () => {
  const { gamer, volunteer, broken } = await heartbeat();
  gamer.receive('text');
  volunteer.receive(new ArrayBuffer(3));
  expect(broken).toMatchObject([{ reason: 'malformed' }, { reason: 'malformed' }]);
});

test('messages meant for the other end are ignored', async () => {
  const { gamer, volunteer, readings, broken } = await heartbeat();
  const ping = gamer.take();
  gamer.receive(ping?.buffer);
  expect([readings, broken, gamer.waiting.length, volunteer.waiting.length]).toEqual([[], [], 0, 0]);
});

test('a worker sends keep-alives from the first moment of its work until the last', async () => {
  const { clock, volunteer, responder, isWorking } = await heartbeat();
  volunteer.take();
  isWorking.volunteer = true;
  for (let task = 0; task < 3; task++) responder.workBegan();
  expect(volunteer.waiting).toHaveLength(1);
  expect(volunteer.waiting[0]?.byteLength).toBeLessThan(40);
  clock.advance(10 * HEARTBEAT.keepaliveMs);
  expect(volunteer.waiting).toHaveLength(11);
  isWorking.volunteer = false;
  clock.advance(10 * HEARTBEAT.keepaliveMs);
  expect(volunteer.waiting).toHaveLength(11);
  isWorking.volunteer = true;
  responder.workBegan();
  expect(volunteer.waiting).toHaveLength(12);
  responder.dispose();
  clock.advance(10 * HEARTBEAT.keepaliveMs);
  responder.workBegan();
  expect(volunteer.waiting).toHaveLength(12);
});

test('a worker that sends keep-alives is never suspected, however long it works', async () => {
  const { silences, readings, beginWork, workFor } = await heartbeat();
  beginWork();
  workFor(3_000);
  expect(silences).toEqual([]);
  expect(readings.length).toBeGreaterThan(4);
});

test('a silent worker is suspected once, in time; any sign of life clears the suspicion', async () => {
  const { clock, volunteer, gamer, silences, monitor, beginWork, workFor, lost } = await heartbeat();
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

test('silence counts only from the start of work, and not without work', async () => {
  const { clock, gamer, silences, monitor, isWorking, exchange } = await heartbeat();
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

test('a distant, jittery or slow volunteer is allowed more time', async () => {
  const { clock, silences, service, monitor, isWorking, exchange } = await heartbeat();
  exchange(100);
  service.p99Ms = 70;
  isWorking.gamer = true;
  monitor.workBegan();
  // The round trip, its jitter (initially half of it) times the jitter factor, and the time tasks take there.
  const allowedMs = 100 + RTT.jitterFactor * 50 + 70;
  clock.advance(allowedMs - 1);
  expect(silences).toEqual([]);
  clock.advance(1);
  expect(silences).toEqual([true]);
});

test('a page that was blocked handles waiting messages before it suspects anyone', async () => {
  const { clock, gamer, volunteer, silences, lost, beginWork, workFor } = await heartbeat();
  beginWork();
  workFor(100);
  // The clock jumps, as when our own thread was blocked: the timer fires late, and the messages are handled after it.
  clock.jump(HEARTBEAT.lostAfterMs + 1_000);
  deliver(volunteer, gamer);
  workFor(500);
  expect([silences, lost]).toEqual([[], []]);
  clock.jump(300);
  clock.advance(RECHECK_MS);
  expect(silences, 'suspected when no message was waiting').toEqual([true]);
});

test('the volunteer learns the round trip as soon as it is measured', async () => {
  const { clock, rtts, exchange } = await heartbeat();
  exchange(40);
  expect(rtts).toEqual([]);
  clock.advance(HEARTBEAT.intervalMs - 40);
  exchange(40);
  expect(rtts).toEqual([40]);
});

test('a heartbeat disposed during work suspects nobody and leaves no timer', async () => {
  const { clock, silences, monitor, responder, beginWork, workFor } = await heartbeat();
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
