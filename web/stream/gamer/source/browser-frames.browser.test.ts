// Protects: a browser that lacks an interface gives the same frames in another way. Each test takes the interface from Chromium.
import { afterEach, expect, onTestFinished, test, vi } from 'vitest';
import { openSource, type SourceFrames } from '../frame-source.ts';
import { forgetOpenFrames, openFrames } from '../test-frame-ledger.ts';
import { captureMethod, readsTracks } from './browser-frames.ts';
import { adoptFrames } from './moved-frames.ts';

const PROCESSOR = 'MediaStreamTrackProcessor';
const SIZE = { width: 64, height: 36 };

afterEach(() => {
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

function paintedCanvas(color: string): HTMLCanvasElement {
  const canvas = Object.assign(document.createElement('canvas'), SIZE);
  paint(canvas, color);
  return canvas;
}

function paint(canvas: HTMLCanvasElement, color: string): void {
  const context = canvas.getContext('2d');
  if (!context) throw new Error('no canvas');
  context.fillStyle = color;
  context.fillRect(0, 0, SIZE.width, SIZE.height);
}

function trackOfCanvas(canvas: HTMLCanvasElement): MediaStreamTrack {
  const [track] = canvas.captureStream().getVideoTracks();
  if (!track) throw new Error('no track');
  onTestFinished(() => track.stop());
  return track;
}

async function playing(track: MediaStreamTrack): Promise<HTMLVideoElement> {
  const video = Object.assign(document.createElement('video'), { muted: true });
  video.srcObject = new MediaStream([track]);
  onTestFinished(() => {
    video.srcObject = null;
  });
  await video.play();
  return video;
}

/** The colours that the source's frames have when it is painted red, then blue. */
async function givesFrames(canvas: HTMLCanvasElement, { frames, first, again, stop }: SourceFrames): Promise<string[]> {
  first?.close();
  const reader = adoptFrames(frames).getReader();
  again();
  const seen = new Set<string>();
  for (const color of ['red', 'blue']) {
    // Again and again: a capture may miss what is painted once.
    const painting = setInterval(() => paint(canvas, color), 10);
    while (!seen.has(color)) {
      const { done, value } = await reader.read();
      seen.add(done ? 'ended' : colorOf(value));
      if (done) break;
    }
    clearInterval(painting);
  }
  await reader.cancel();
  stop();
  seen.delete('');
  return [...seen];
}

/** Closes the frame. */
function colorOf(frame: VideoFrame): string {
  const context = new OffscreenCanvas(1, 1).getContext('2d');
  context?.drawImage(frame, 0, 0, 1, 1);
  frame.close();
  const [red = 0, , blue = 0] = context?.getImageData(0, 0, 1, 1).data ?? [];
  return red > 150 ? 'red' : blue > 150 ? 'blue' : '';
}

const SOURCES: [string, (canvas: HTMLCanvasElement) => Promise<HTMLElement | MediaStreamTrack>][] = [
  ['canvas', async (canvas) => canvas],
  ['track', async (canvas) => trackOfCanvas(canvas)],
  ['video', async (canvas) => playing(trackOfCanvas(canvas))],
];

test.each(SOURCES)('without a processor anywhere, a %s gives its frames through a video element', async (_, make) => {
  const canvas = paintedCanvas('red');
  const source = await make(canvas);
  vi.stubGlobal(PROCESSOR, undefined);
  const opened = await openSource(source as MediaStreamTrack, () => false);
  expect(opened.frames).toBeInstanceOf(MessagePort);
  expect(await givesFrames(canvas, opened)).toEqual(['red', 'blue']);
});

test.each([
  ['callbacks for shown frames', () => vi.stubGlobal('HTMLVideoElement', withoutCallbacks())],
  ['frames of a video element', () => vi.stubGlobal('VideoFrame', refusingVideos())],
])('without %s too, they are copied', async (_, remove) => {
  const canvas = paintedCanvas('red');
  const track = trackOfCanvas(canvas);
  vi.stubGlobal(PROCESSOR, undefined);
  remove();
  expect(await givesFrames(canvas, await openSource(track, () => false))).toEqual(['red', 'blue']);
});

test('where only the worker has a processor, a copy of the track goes there', async () => {
  const canvas = paintedCanvas('red');
  const track = trackOfCanvas(canvas);
  const processor: unknown = Reflect.get(globalThis, PROCESSOR);
  vi.stubGlobal(PROCESSOR, undefined);
  // Chromium cannot transfer tracks.
  const transfer = vi.spyOn(MessagePort.prototype, 'postMessage').mockImplementation(() => {});
  const opened = await openSource(track, () => true);
  expect(transfer).toHaveBeenCalled();
  transfer.mockRestore();
  expect(opened.frames).toBeInstanceOf(MediaStreamTrack);
  vi.stubGlobal(PROCESSOR, processor);
  expect(await givesFrames(canvas, opened)).toEqual(['red', 'blue']);
  expect([(opened.frames as MediaStreamTrack).readyState, track.readyState]).toEqual(['ended', 'live']);
});

test('a browser that cannot transfer tracks gets frames from a video element, whatever its worker has', () => {
  expect([readsTracks(), captureMethod(true)]).toEqual([true, 'processor']);
  vi.stubGlobal(PROCESSOR, undefined);
  expect([readsTracks(), captureMethod(true)]).toEqual([false, 'video']);
});

test('a frame of a video element is taken when the reader waits for it, so that none is left open when it stops', async () => {
  const canvas = paintedCanvas('red');
  const track = trackOfCanvas(canvas);
  vi.stubGlobal(PROCESSOR, undefined);
  const { frames, again, stop } = await openSource(track, () => false);
  const reader = adoptFrames(frames).getReader();
  const reading = reader.read();
  again();
  (await reading).value?.close();
  forgetOpenFrames();
  for (let shown = 0; shown < 3; shown++) {
    paint(canvas, 'blue');
    again();
  }
  await reader.cancel();
  stop();
  // The writing end learns of it by a message.
  await expect.poll(openFrames).toBe(0);
});

test('a stream from a video element ends with its track', async () => {
  const track = trackOfCanvas(paintedCanvas('red'));
  vi.stubGlobal(PROCESSOR, undefined);
  const { frames } = await openSource(track, () => false);
  const reader = adoptFrames(frames).getReader();
  track.dispatchEvent(new Event('ended'));
  for (let { done, value } = await reader.read(); !done; { done, value } = await reader.read()) value?.close();
});

/** Prototype chain as before, but for the two methods. */
function withoutCallbacks(): typeof HTMLVideoElement {
  for (const name of ['requestVideoFrameCallback', 'cancelVideoFrameCallback'] as const) {
    const method = HTMLVideoElement.prototype[name];
    Object.defineProperty(HTMLVideoElement.prototype, name, { value: undefined, configurable: true });
    onTestFinished(() => {
      Object.defineProperty(HTMLVideoElement.prototype, name, { value: method, configurable: true, writable: true });
    });
  }
  return HTMLVideoElement;
}

function refusingVideos(): typeof VideoFrame {
  return new Proxy(VideoFrame, {
    construct(target, [source, ...others]: unknown[]) {
      if (source instanceof HTMLVideoElement) throw new DOMException('no frames of videos', 'InvalidStateError');
      return Reflect.construct(target, [source, ...others]);
    },
  });
}
