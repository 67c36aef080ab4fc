import { expect, test } from 'vitest';
import { ManualClock } from '../../../shared/test-manual-clock.ts';
import { KeepAwake } from './wake-lock.ts';

class FakeLock extends EventTarget {
  isReleased = false;
  async release() {
    this.isReleased = true;
    this.dispatchEvent(new Event('release'));
  }
}

class FakePage extends EventTarget {
  visibilityState: DocumentVisibilityState = 'visible';
  become(state: DocumentVisibilityState) {
    this.visibilityState = state;
    this.dispatchEvent(new Event('visibilitychange'));
  }
}

const settled = () => new Promise((resolve) => setTimeout(resolve));

function start() {
  const page = new FakePage();
  const locks: FakeLock[] = [];
  const clock = new ManualClock();
  const battery = new EventTarget();
  const browser = { refuses: false };
  const awake = new KeepAwake({
    ...{ page, clock, battery: async () => battery },
    locks: {
      async request() {
        if (page.visibilityState !== 'visible' || browser.refuses) throw new DOMException('hidden', 'NotAllowedError');
        const lock = new FakeLock();
        locks.push(lock);
        return lock;
      },
    },
  });
  return {
    page,
    clock,
    battery,
    browser,
    locks,
    awake,
    held: () => locks.filter(({ isReleased }) => !isReleased).length,
  };
}

test('a lock that the browser took from a hidden page is requested again when the page is shown', async () => {
  const { page, locks, awake, held } = start();
  awake.isWanted = true;
  await settled();
  expect(held()).toBe(1);
  page.become('hidden');
  await locks[0]?.release();
  page.become('visible');
  page.become('visible');
  await settled();
  expect([locks.length, held()]).toEqual([2, 1]);
  awake.dispose();
  expect(held()).toBe(0);
});

test('a lock that arrives after the volunteer paused is let go', async () => {
  const { page, awake, held } = start();
  awake.isWanted = true;
  awake.isWanted = false;
  await settled();
  expect(held()).toBe(0);
  page.become('visible');
  await settled();
  expect(held()).toBe(0);
});

test('a page that is hidden when it starts to serve gets its lock when it is shown', async () => {
  const { page, awake, held } = start();
  page.become('hidden');
  awake.isWanted = true;
  await settled();
  expect(held()).toBe(0);
  page.become('visible');
  await settled();
  expect(held()).toBe(1);
  awake.dispose();
});

test('a lock that the browser refused or took away is requested again after a while, and when the charging changes', async () => {
  const { clock, battery, browser, locks, awake, held } = start();
  browser.refuses = true;
  awake.isWanted = true;
  await settled();
  clock.advance(5_000);
  browser.refuses = false;
  await settled();
  expect(held()).toBe(0);
  clock.advance(5_000);
  await settled();
  expect(held()).toBe(1);

  browser.refuses = true;
  await locks[0]?.release();
  clock.advance(3_600_000);
  await settled();
  expect(held()).toBe(0);
  browser.refuses = false;
  battery.dispatchEvent(new Event('chargingchange'));
  await settled();
  expect(held()).toBe(1);
  awake.dispose();
  expect([held(), clock.pending]).toEqual([0, 0]);
});
