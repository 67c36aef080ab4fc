import { expect, test } from 'vitest';
import { Listeners } from './listeners.ts';

test('every listener receives every event until it is removed', () => {
  const listeners = new Listeners<number>();
  const [first, second]: number[][] = [[], []];
  const off = listeners.add((event) => first?.push(event));
  listeners.add((event) => second?.push(event));
  listeners.emit(1);
  off();
  off();
  listeners.emit(2);
  expect([first, second]).toEqual([[1], [1, 2]]);
  listeners.clear();
  listeners.emit(3);
  expect(second).toEqual([1, 2]);
});

test('a listener may remove itself or add others during an event', () => {
  const listeners = new Listeners<string>();
  const heard: string[] = [];
  const off = listeners.add((event) => {
    off();
    heard.push(`once ${event}`);
    listeners.add((later) => heard.push(`added ${later}`));
  });
  listeners.add((event) => heard.push(`always ${event}`));
  listeners.emit('a');
  listeners.emit('b');
  expect(heard).toEqual(['once a', 'always a', 'always b', 'added b']);
});
