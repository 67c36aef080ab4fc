import { signal } from '@preact/signals';
import { expect, onTestFinished, test, vi } from 'vitest';
import { FloatingPicture } from './floating-picture.ts';

test('a small window that the browser does not open is told, until one is asked for again', async () => {
  const requestWindow = vi.fn(() => Promise.reject(new DOMException('', 'NotAllowedError')));
  vi.stubGlobal('documentPictureInPicture', { requestWindow });
  onTestFinished(() => void vi.unstubAllGlobals());
  const floating = new FloatingPicture(signal(document.createElement('canvas')));
  onTestFinished(() => floating.dispose());
  await floating.toggle();
  expect([floating.window.value, floating.failure.value?.reason]).toEqual([null, 'cancelled']);
  const asking = floating.toggle();
  expect(floating.failure.value).toBeNull();
  await asking;
  expect(requestWindow).toHaveBeenCalledTimes(2);
});
