import { expect, test } from 'vitest';
import type { MeasuredSpeeds } from './measured-speeds.ts';
import { nextMacrotask } from './schedule.ts';
import { REFRESH_AFTER_IDLE_MS, SpeedRefresh } from './speed-refresh.ts';

const SPEEDS: MeasuredSpeeds = { key: 'a', cpuUnitsPerMs: 1, gpu: null, networks: {} };

/** One timer, which the test fires. */
class OneTimer {
  #callback: (() => void) | null = null;
  now = () => 0;
  after = (delayMs: number, callback: () => void) => {
    expect(delayMs).toBe(REFRESH_AFTER_IDLE_MS);
    this.#callback = callback;
    return () => {
      if (this.#callback === callback) this.#callback = null;
    };
  };

  get isSet(): boolean {
    return this.#callback !== null;
  }

  fire(): void {
    const callback = this.#callback;
    this.#callback = null;
    callback?.();
  }
}

/** A measurement that goes on until the test ends it, one checkpoint after another. */
function bench() {
  const timer = new OneTimer();
  const measured: MeasuredSpeeds[] = [];
  const state = { isMachineBusy: false, runs: 0, isDone: false, error: null as Error | null };
  const refresh = new SpeedRefresh({
    clock: timer,
    isMachineBusy: () => state.isMachineBusy,
    async measure(checkpoint) {
      state.runs++;
      if (state.error) throw state.error;
      while (!state.isDone) await checkpoint();
      return SPEEDS;
    },
    onMeasured: (speeds) => measured.push(speeds),
  });
  const settle = async () => {
    for (let turn = 0; turn < 5; turn++) await nextMacrotask();
  };
  return { timer, measured, state, refresh, settle };
}

test('remembered speeds are measured again once, when the machine has been idle', async () => {
  const { timer, measured, state, settle } = bench();
  state.isDone = true;
  expect(state.runs).toBe(0);
  timer.fire();
  await settle();
  expect(measured).toEqual([SPEEDS]);
  expect(timer.isSet).toBe(false);
});

test('a task or a frame that arrives stops the measurement, which starts anew when the machine is idle again', async () => {
  const { timer, measured, state, refresh, settle } = bench();
  timer.fire();
  await settle();
  expect(state.runs).toBe(1);
  const ends = [refresh.workStarted(), refresh.workStarted()];
  await settle();
  ends[0]?.();
  ends[0]?.();
  expect(timer.isSet).toBe(false);
  ends[1]?.();
  expect(timer.isSet).toBe(true);
  state.isDone = true;
  timer.fire();
  await settle();
  expect([state.runs, measured.length]).toEqual([2, 1]);
});

test('speeds measured while work arrived are not kept, even when no checkpoint came after it', async () => {
  const { timer, measured, state, refresh, settle } = bench();
  state.isDone = true;
  timer.fire();
  const end = refresh.workStarted();
  await settle();
  expect(measured).toEqual([]);
  end();
  timer.fire();
  await settle();
  expect(measured).toEqual([SPEEDS]);
});

test('nothing is measured beside a game, whose frames volunteers may make', async () => {
  const { timer, measured, state, settle } = bench();
  state.isMachineBusy = true;
  timer.fire();
  await settle();
  expect(state.runs).toBe(0);
  state.isMachineBusy = false;
  timer.fire();
  await settle();
  // It starts in the middle of the measurement.
  state.isMachineBusy = true;
  await settle();
  state.isDone = true;
  await settle();
  expect([state.runs, measured.length, timer.isSet]).toEqual([1, 0, true]);
});

test('a machine that cannot be measured is not tried again, and a closed engine measures nothing', async () => {
  const failing = bench();
  failing.state.error = new Error('no');
  failing.timer.fire();
  await failing.settle();
  expect([failing.measured.length, failing.timer.isSet]).toEqual([0, false]);

  const closed = bench();
  closed.refresh.dispose();
  expect(closed.timer.isSet).toBe(false);
});
