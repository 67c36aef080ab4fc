import { expect, test, vi } from 'vitest';
import { aliasedPicture, smoothPicture } from '../test-pictures.ts';
import { makeFrame } from '../video-frames.ts';
import { FRAMES_BETWEEN_INSPECTIONS, FrameInputKindTracker } from './input-kind.ts';

test('a film after a game is noticed with the second inspection, and no frame waits for it', async () => {
  const cloned = vi.spyOn(VideoFrame.prototype, 'clone');
  const tracker = new FrameInputKindTracker();
  expect(await kindOf(tracker, aliasedPicture())).toBe('aliased');
  const film = smoothPicture();
  let frames = 1;
  while ((await kindOf(tracker, film)) === 'aliased' && frames < 10 * FRAMES_BETWEEN_INSPECTIONS) {
    frames++;
    // Inspections go on in parallel, and close their copy of the frame at their end.
    await expect.poll(() => cloned.mock.results.every(({ value }) => value.format === null)).toBe(true);
  }
  cloned.mockRestore();
  // The frame that is inspected itself still counts as before.
  expect(frames).toBe(2 * FRAMES_BETWEEN_INSPECTIONS + 1);
});

async function kindOf(tracker: FrameInputKindTracker, { width, height, data }: ReturnType<typeof aliasedPicture>) {
  const frame = makeFrame(
    data,
    { width, height, strideBytes: width * 4 },
    { timestamp: 0, duration: null, hasAlpha: false },
  );
  try {
    return await tracker.of(frame);
  } finally {
    frame.close();
  }
}
