import type { PictureWindow } from './picture-window.ts';

export function canShowVideoPicture(): boolean {
  return document.pictureInPictureEnabled === true && 'captureStream' in HTMLCanvasElement.prototype;
}

/** Plays a copy of the canvas in the browser's own small window for videos. */
export async function openVideoPicture(canvas: HTMLCanvasElement, onClosed: () => void): Promise<PictureWindow> {
  const video = Object.assign(document.createElement('video'), { muted: true, playsInline: true });
  const stop = () => {
    for (const track of (video.srcObject as MediaStream | null)?.getTracks() ?? []) track.stop();
    video.srcObject = null;
  };
  const show = (next: HTMLCanvasElement) => {
    stop();
    video.srcObject = next.captureStream();
    // Interrupted by the next one at most.
    return video.play().catch(() => {});
  };
  await show(canvas);
  try {
    await video.requestPictureInPicture();
  } catch (cause) {
    stop();
    throw cause;
  }
  video.addEventListener(
    'leavepictureinpicture',
    () => {
      stop();
      onClosed();
    },
    { once: true },
  );
  return {
    isMoved: false,
    show: (next) => void show(next),
    close: () => {
      // Closed by the person a moment ago.
      document.exitPictureInPicture().catch(() => {});
    },
  };
}
