// Protects: a phone that comes back to the page after a call, or a laptop that slept, finds its connections again at once.
import { beforeEach, expect, test } from 'vitest';
import { ManualClock } from '../../shared/test-manual-clock.ts';
import { watchForWaking } from './wake-watch.ts';

/** Stopped, it keeps its timers for later, as a page does. */
class StoppableClock extends ManualClock {
  #sleptMs = 0;

  override now(): number {
    return super.now() + this.#sleptMs;
  }

  sleep(forMs: number): void {
    this.#sleptMs += forMs;
  }
}

class Page extends EventTarget {
  visibilityState: DocumentVisibilityState = 'visible';

  become(state: DocumentVisibilityState): void {
    this.visibilityState = state;
    this.dispatchEvent(new Event('visibilitychange'));
  }
}

let clock: StoppableClock;
let page: Page;
let wallMs: number;
let wakes: number;
let stop: () => void;

beforeEach(() => {
  clock = new StoppableClock();
  page = new Page();
  wallMs = 0;
  wakes = 0;
  stop = watchForWaking({ clock, wallNow: () => wallMs, page, woke: () => wakes++ });
});

test('a page that was hidden, stopped and is shown again woke, once', () => {
  page.become('hidden');
  clock.advance(2_000);
  clock.sleep(60_000);
  page.become('visible');
  clock.advance(10_000);
  expect(wakes).toBe(1);
});

test('a page that was shown all the time woke with its machine', () => {
  clock.advance(5_000);
  clock.sleep(3_600_000);
  expect(wakes).toBe(0);
  clock.advance(1_000);
  expect(wakes).toBe(1);
});

test('a page woke with its machine also where its clock stood still meanwhile', () => {
  clock.advance(5_000);
  wallMs += 3_600_000;
  clock.advance(2_000);
  expect(wakes).toBe(1);
});

test('a hidden page whose timers are rare did not wake until it is shown', () => {
  page.become('hidden');
  for (let minutes = 0; minutes < 3; minutes++) {
    clock.sleep(59_000);
    clock.advance(1_000);
  }
  expect(wakes).toBe(0);
  page.become('visible');
  expect(wakes).toBe(1);
});

test('a busy page, and one that is only hidden, did not wake', () => {
  clock.sleep(3_000);
  clock.advance(1_000);
  page.become('hidden');
  clock.advance(30_000);
  page.become('visible');
  expect(wakes).toBe(0);
});

test('ended, it watches no more', () => {
  stop();
  clock.sleep(60_000);
  page.become('visible');
  clock.advance(10_000);
  expect([wakes, clock.pending]).toEqual([0, 0]);
});
