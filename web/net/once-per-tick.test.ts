import { expect, test } from 'vitest';
import { OncePerTick } from './once-per-tick.ts';
import { ticks } from './test-channel.ts';

test('runs once per tick, after its microtasks, however often it is requested', async () => {
  const order: string[] = [];
  const after = new OncePerTick(() => order.push('ran'));
  after.request();
  after.request();
  queueMicrotask(() => {
    after.request();
    order.push('microtask');
  });
  order.push('turn');
  await ticks();
  expect(order).toEqual(['turn', 'microtask', 'ran']);
  after.request();
  await ticks();
  expect(order.at(-1)).toBe('ran');
  expect(order).toHaveLength(4);
  after.dispose();
});

test('a request during a run causes another run', async () => {
  let runs = 0;
  const after: OncePerTick = new OncePerTick(() => {
    runs++;
    if (runs < 3) after.request();
  });
  after.request();
  await ticks();
  expect(runs).toBe(3);
  after.dispose();
});

test('does not run after dispose, even if requested before', async () => {
  let runs = 0;
  const after = new OncePerTick(() => runs++);
  after.request();
  after.dispose();
  after.request();
  await ticks();
  expect(runs).toBe(0);
});
