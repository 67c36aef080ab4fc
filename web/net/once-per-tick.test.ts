import { expect, test } from 'vitest';
import { OncePerTick } from './once-per-tick.ts';
import { turn } from './test-channel.ts';

test('however often it is asked in a turn, it runs once, after the turn and its microtasks', async () => {
  const order: string[] = [];
  const after = new OncePerTick(() => order.push('ran'));
  after.request();
  after.request();
  queueMicrotask(() => {
    after.request();
    order.push('microtask');
  });
  order.push('turn');
  await turn();
  expect(order).toEqual(['turn', 'microtask', 'ran']);
  after.request();
  await turn();
  expect(order.at(-1)).toBe('ran');
  expect(order).toHaveLength(4);
  after.dispose();
});

test('asked while it runs, it runs again in a later turn', async () => {
  let runs = 0;
  const after: OncePerTick = new OncePerTick(() => {
    runs++;
    if (runs < 3) after.request();
  });
  after.request();
  await turn();
  expect(runs).toBe(3);
  after.dispose();
});

test('once disposed it runs no more, not even what was asked before', async () => {
  let runs = 0;
  const after = new OncePerTick(() => runs++);
  after.request();
  after.dispose();
  after.request();
  await turn();
  expect(runs).toBe(0);
});
