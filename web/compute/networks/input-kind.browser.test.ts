import { expect, test } from 'vitest';
import { aliasedPicture, smoothPicture } from '../test-pictures.ts';
import { makeFrame } from '../video-frames.ts';
import { FRAMES_BETWEEN_INSPECTIONS, FrameInputKindTracker } from './input-kind.ts';

test('a film after a game is noticed within two inspections, and no frame waits for them', async () => {
  const tracker = new FrameInputKindTracker();
  expect(await kindOf(tracker, aliasedPicture())).toBe('aliased');
  const film = smoothPicture();
  let frames = 1;
  while ((await kindOf(tracker, film)) === 'aliased' && frames < 10 * FRAMES_BETWEEN_INSPECTIONS) {
    frames++;
    // Inspections go on in parallel.
    await new Promise((resolve) => setTimeout(resolve));
  }
  expect(frames).toBeGreaterThan(FRAMES_BETWEEN_INSPECTIONS);
  expect(frames).toBeLessThan(3 * FRAMES_BETWEEN_INSPECTIONS);
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
