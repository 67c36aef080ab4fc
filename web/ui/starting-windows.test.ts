import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { announceMeasuring, type StartingWindow, StartingWindows, type WindowChannel } from './starting-windows.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const after = (delayMs: number, action: () => void) => {
  const timer = setTimeout(action, delayMs);
  return () => clearTimeout(timer);
};

/** A channel between the windows of one browser. */
function channelOfBrowser(): WindowChannel {
  const listeners = new Set<(event: { data: unknown }) => void>();
  return {
    postMessage: (data) => {
      for (const listener of listeners) listener({ data: structuredClone(data) });
    },
    addEventListener: (_type, listener) => void listeners.add(listener),
  };
}

function watch(channel: WindowChannel | null, room: string | null) {
  const told: (StartingWindow | null)[] = [];
  const windows = new StartingWindows(channel, after, (starting) => void told.push(starting));
  windows.room = room;
  return { told, windows };
}

it('a page learns that a volunteer’s window for its room measures itself, for as long as it does', () => {
  const channel = channelOfBrowser();
  const { told } = watch(channel, 'mine');
  const done = announceMeasuring(channel, 'mine', after);
  expect(told).toEqual(['measuring']);
  vi.advanceTimersByTime(60_000);
  expect(told).toEqual(['measuring']);
  done();
  expect(told, 'it is being linked').toEqual(['measuring']);
  vi.advanceTimersByTime(60_000);
  expect(told).toEqual(['measuring', null]);
});

it('a window that was closed while it measured is forgotten', () => {
  const channel = channelOfBrowser();
  const { told } = watch(channel, 'mine');
  channel.postMessage({ room: 'mine', isMeasuring: true });
  vi.advanceTimersByTime(10_000);
  expect(told).toEqual(['measuring', null]);
});

it('a window that the page opened counts while it loads, and what it says then is believed', () => {
  const channel = channelOfBrowser();
  const { told, windows } = watch(channel, 'mine');
  windows.opened();
  vi.advanceTimersByTime(9_000);
  expect(told).toEqual(['opening']);
  vi.advanceTimersByTime(2_000);
  expect(told, 'it was not opened, or closed').toEqual(['opening', null]);
  windows.opened();
  announceMeasuring(channel, 'mine', after)();
  vi.advanceTimersByTime(3_000);
  expect(told).toEqual(['opening', null, 'opening', 'measuring', null]);
});

it('windows for other rooms, and messages that are none, change nothing', () => {
  const channel = channelOfBrowser();
  const { told } = watch(channel, 'mine');
  const none = watch(channel, null);
  announceMeasuring(channel, 'theirs', after);
  for (const message of [null, 7, 'mine', [], {}, { room: 'mine' }, { room: 'mine', isMeasuring: 1 }]) {
    channel.postMessage(message);
  }
  channel.postMessage({ room: null, isMeasuring: true });
  expect([told, none.told]).toEqual([[], []]);
});

it('a browser without such a channel loses nothing else', () => {
  const { told } = watch(null, 'mine');
  announceMeasuring(null, 'mine', after)();
  expect(told).toEqual([]);
});
