import { expect, test } from 'vitest';
import { STREAM } from '../../shared/tuning.ts';
import { FrameFates } from './frame-fates.ts';

/** What is shown and dropped of frames 1, 2, ... and how many of them are still under way. */
function balance(fates: FrameFates) {
  const dropped = Object.values(fates.dropped).reduce((sum, count) => sum + count, 0);
  return { shown: fates.shown, dropped, underWay: fates.captured - fates.shown - dropped };
}

function captured(count: number): FrameFates {
  const fates = new FrameFates();
  for (let frameId = 1; frameId <= count; frameId++) fates.wasCaptured(frameId);
  return fates;
}

test('each frame counts once, whatever is told of it later', () => {
  const fates = captured(4);
  fates.wasShown(1);
  fates.wasDropped(2, 'lost');
  fates.wasDropped(2, 'timeout');
  fates.wasDropped(1, 'late');
  fates.wasShown(1);
  expect(fates.dropped).toEqual({ lost: 1 });
  expect(balance(fates)).toEqual({ shown: 1, dropped: 1, underWay: 2 });
});

test('a frame that was lost at a volunteer and then shown from here was not dropped', () => {
  const fates = captured(1);
  fates.wasDropped(1, 'lost');
  fates.wasShown(1);
  expect(fates.dropped).toEqual({});
  expect(balance(fates)).toEqual({ shown: 1, dropped: 0, underWay: 0 });
});

test('of frames long past nothing is remembered, and nothing counted twice', () => {
  const fates = captured(1);
  fates.wasDropped(1, 'lost');
  for (let frameId = 2; frameId <= STREAM.maxFramesAccounted + 1; frameId++) fates.wasCaptured(frameId);
  fates.wasShown(1);
  expect(balance(fates)).toMatchObject({ shown: 0, dropped: 1 });
});
