import { shownFrames } from '../../web/stream/gamer/source/shown-frames.ts';

const PICTURES = 90;

/** Mean time, ms, in which the page's thread makes a frame of what a 1280x720 video shows, by the SDK's own code. */
export async function frameCostMs({ isCopied }: { isCopied: boolean }): Promise<number> {
  const canvas = Object.assign(document.createElement('canvas'), { width: 1280, height: 720 });
  const context = canvas.getContext('2d');
  setInterval(() => context?.fillRect((performance.now() / 3) % 1280, 0, 9, 720), 16);
  const video = Object.assign(document.createElement('video'), { muted: true, srcObject: canvas.captureStream() });
  await video.play();
  let spentMs = 0;
  const request = video.requestVideoFrameCallback.bind(video);
  video.requestVideoFrameCallback = (shown) =>
    request((nowMs, about) => {
      spentMs -= performance.now();
      shown(nowMs, about);
      spentMs += performance.now();
    });
  // As a browser whose frames cannot be made of elements.
  if (isCopied) {
    globalThis.VideoFrame = new Proxy(VideoFrame, {
      construct: (make, [source, init]) => Reflect.construct(make, [source === video ? null : source, init]),
    });
  }
  const reader = shownFrames(video).frames.getReader();
  for (let picture = 0; picture < PICTURES; picture++) (await reader.read()).value?.close();
  return spentMs / PICTURES;
}
