import { afterEach, expect, test } from 'vitest';
import type { MeshError } from '../../shared/errors.ts';
import { ManualClock } from '../../shared/manual-clock.ts';
import { PULSE } from '../../shared/tuning.ts';
import { PulseMonitor, type PulseReading, PulseResponder } from './pulse.ts';
import { deliver, TestPort } from './test-port.ts';

const endings: (() => void)[] = [];
afterEach(() => {
  for (const dispose of endings.splice(0)) dispose();
});

/** Both ends of a pulse; nothing moves but by `exchange`. */
async function pulse() {
  const clock = new ManualClock();
  const [gamer, volunteer] = [new TestPort(), new TestPort()];
  const readings: PulseReading[] = [];
  const lost: MeshError[] = [];
  const broken: MeshError[] = [];
  const work = { load: 0.25, held: 3 };
  const monitor = new PulseMonitor(gamer, clock, {
    onReading: (reading) => readings.push(reading),
    onLost: (error) => lost.push(error),
    onBroken: (error) => broken.push(error),
  });
  const responder = new PulseResponder(
    volunteer,
    clock,
    () => ({ ...work }),
    (error) => broken.push(error),
  );
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
  return { clock, gamer, volunteer, readings, lost, broken, work, monitor, responder, exchange };
}

test('each answer tells the round trip, smoothed, and how busy the volunteer is', async () => {
  const { clock, readings, work, exchange } = await pulse();
  exchange(10);
  work.load = 1;
  work.held = 9;
  clock.advance(PULSE.intervalMs - 10);
  exchange(90);
  expect(readings).toEqual([
    { rttMs: 10, load: 0.25, held: 3 },
    { rttMs: 10 + PULSE.rttSmoothing * 80, load: 1, held: 9 },
  ]);
});

test('a late answer is a sign of life and no measure of the round trip', async () => {
  const { clock, gamer, volunteer, readings, lost } = await pulse();
  for (let beat = 0; beat < 30; beat++) {
    deliver(gamer, volunteer);
    clock.advance(PULSE.intervalMs);
    deliver(volunteer, gamer);
  }
  expect([readings, lost]).toEqual([[], []]);
});

test('one silence is told once, and not before its time', async () => {
  const { clock, lost, exchange } = await pulse();
  exchange(10);
  clock.advance(PULSE.lostAfterMs);
  expect(lost).toEqual([]);
  clock.advance(PULSE.intervalMs);
  expect(lost).toMatchObject([{ reason: 'connection-failed' }]);
  clock.advance(10 * PULSE.lostAfterMs);
  expect(lost).toHaveLength(1);
});

test('a pulse that is disposed asks nothing more and leaves no timer', async () => {
  const { clock, gamer, lost, monitor, exchange } = await pulse();
  exchange(10);
  monitor.dispose();
  monitor.dispose();
  clock.advance(10 * PULSE.lostAfterMs);
  expect([clock.pending, gamer.waiting.length, lost]).toEqual([0, 0, []]);
});

test('a pulse whose channel closes is over without a word: the connection tells the rest', async () => {
  const { clock, gamer, volunteer, lost, broken } = await pulse();
  gamer.fire('close');
  volunteer.fire('close');
  clock.advance(10 * PULSE.lostAfterMs);
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
