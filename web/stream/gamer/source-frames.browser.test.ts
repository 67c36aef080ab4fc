import { expect, onTestFinished, test } from 'vitest';
import { openSource } from './source-frames.ts';

function stillTrack(): MediaStreamTrack {
  const canvas = Object.assign(document.createElement('canvas'), { width: 64, height: 36 });
  canvas.getContext('2d')?.fillRect(0, 0, 10, 10);
  const [track] = canvas.captureStream().getVideoTracks();
  if (!track) throw new Error('no track');
  onTestFinished(() => track.stop());
  return track;
}

test('a track where nothing moves gives its picture again when it is asked to, its first one having passed', async () => {
  const { frames, again, stop } = openSource(stillTrack());
  const reader = frames.getReader();
  (await reader.read()).value?.close();
  const second = reader.read();
  again();
  const { value } = await second;
  expect([value?.displayWidth, value?.displayHeight]).toEqual([64, 36]);
  value?.close();
  stop();
});

test('a track that ended meanwhile is asked for nothing', async () => {
  const track = stillTrack();
  const { frames, again, stop } = openSource(track);
  track.stop();
  again();
  stop();
  const reader = frames.getReader();
  for (let { done, value } = await reader.read(); !done; { done, value } = await reader.read()) value?.close();
});
