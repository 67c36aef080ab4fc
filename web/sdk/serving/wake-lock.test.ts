import { expect, test } from 'vitest';
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
  const awake = new KeepAwake({
    page,
    locks: {
      async request() {
        if (page.visibilityState !== 'visible') throw new DOMException('hidden', 'NotAllowedError');
        const lock = new FakeLock();
        locks.push(lock);
        return lock;
      },
    },
  });
  return { page, locks, awake, held: () => locks.filter(({ isReleased }) => !isReleased).length };
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
