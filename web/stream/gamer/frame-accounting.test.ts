import { beforeEach, expect, test } from 'vitest';
import { FrameAccounting } from './frame-accounting.ts';

let fates: FrameAccounting;

beforeEach(() => {
  fates = new FrameAccounting();
});

const total = () => {
  const { volunteer, local, nobody } = fates.shown;
  return { presented: volunteer + local + nobody, dropped: Object.fromEntries(fates.dropped) };
};

test('one that is shown is shown, and what is under way is neither shown nor dropped', () => {
  for (const frameId of [0, 1, 2]) fates.began(frameId);
  fates.presented(0, 'volunteer');
  expect(total()).toEqual({ presented: 1, dropped: {} });
});

test('what is older than the picture on the screen is dropped, for the first cause that was told, or late', () => {
  for (const frameId of [0, 1, 2, 3]) fates.began(frameId);
  fates.failed(1, 'lost');
  fates.failed(1, 'route-closed');
  expect(total()).toEqual({ presented: 0, dropped: {} });
  fates.presented(2, 'volunteer');
  expect(total()).toEqual({ presented: 1, dropped: { late: 1, lost: 1 } });
  // They come after all.
  fates.failed(0, 'timeout');
  fates.presented(1, 'volunteer');
  expect(total()).toEqual({ presented: 1, dropped: { late: 1, lost: 1 } });
});

test('a frame that this computer shows to fill a gap is presented once, and the volunteer’s answer to it is no drop', () => {
  fates.began(0);
  fates.presented(0, 'local');
  fates.failed(0, 'timeout');
  fates.began(1);
  fates.failed(1, 'uplink-full');
  fates.presented(1, 'local');
  fates.began(2);
  fates.presented(2, 'volunteer');
  expect(total()).toEqual({ presented: 3, dropped: {} });
  expect(fates.shown).toEqual({ volunteer: 1, local: 2, nobody: 0 });
});

test('a frame that goes on its way again is one frame, whichever of its pictures come', () => {
  fates.began(0);
  fates.again(1);
  fates.again(2);
  fates.presented(1, 'nobody');
  expect(fates.shown).toEqual({ volunteer: 0, local: 0, nobody: 1 });
  fates.presented(2, 'local');
  fates.again(3);
  fates.presented(3, 'volunteer');
  expect(fates.shown).toEqual({ volunteer: 0, local: 1, nobody: 0 });
  fates.began(4);
  fates.presented(4, 'local');
  expect(total()).toEqual({ presented: 2, dropped: {} });
});

test('one that is refused is dropped at once, and the one before it may still go on its way again', () => {
  fates.began(0);
  fates.began(1);
  fates.refused('fps-cap');
  expect(total()).toEqual({ presented: 0, dropped: { 'fps-cap': 1 } });
  fates.again(2);
  fates.presented(2, 'local');
  expect(total()).toEqual({ presented: 1, dropped: { 'fps-cap': 1 } });
});

test('where nothing is ever shown, what is kept of frames is bounded, and none is forgotten', () => {
  const frames = 5_000;
  for (let frameId = 0; frameId < frames; frameId++) {
    fates.began(frameId);
    fates.failed(frameId, 'uplink-full');
  }
  const dropped = fates.dropped.get('uplink-full') ?? 0;
  expect(dropped).toBeGreaterThan(frames - 1_000);
  fates.presented(frames - 1, 'local');
  expect(total()).toEqual({ presented: 1, dropped: { 'uplink-full': frames - 1 } });
});
