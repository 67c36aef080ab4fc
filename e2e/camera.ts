import type { Page } from 'playwright/test';
import type * as Sdk from '../web/sdk/p2c2r.ts';

declare global {
  interface Window {
    stream: Sdk.FrameStream;
  }
}

/** The browser's built-in test picture as its camera: a track that the page does not draw. */
export const CAMERA_FLAGS = ['--use-fake-ui-for-media-stream', '--use-fake-device-for-media-stream'];

/** Small frames, few enough that two busy cores keep up. */
export const CAMERA_FPS = 10;

/**
 * A gamer's page streams its camera, as `window.stream`, until most frames are shown with detail of a volunteer. At a low rate even detail of a
 * slow machine comes in time for its frame.
 */
export async function streamCamera(gamer: Page, { maxFps = CAMERA_FPS, scale = 2 } = {}): Promise<void> {
  await gamer.evaluate(
    async ({ frameRate, ...options }) => {
      const camera = await navigator.mediaDevices.getUserMedia({ video: { width: 160, height: 120, frameRate } });
      const [track] = camera.getVideoTracks();
      if (!track) throw new Error('This browser has no camera, not even a fake one.');
      window.stream = await window.client.openStream(track, { ...options, quality: 'spatial' });
      document.body.append(window.stream.canvas);
    },
    { frameRate: CAMERA_FPS, maxFps, scale },
  );
  // Two seconds, so that codecs have found their rates.
  await gamer.waitForFunction((frames) => {
    const { shares, framesPresented } = window.stream.stats();
    return framesPresented > frames && shares.some(({ share }) => share > 0.5);
  }, 2 * maxFps);
}

/** Frames per second that the gamer presented with a volunteer's detail, measured over `spanMs`. */
export function volunteerFps(gamer: Page, spanMs: number): Promise<number> {
  return gamer.evaluate(async (wantedMs) => {
    const look = () => {
      return { atMs: performance.now(), count: window.stream.stats().framesWithDetail };
    };
    const first = look();
    // A worker's timer: a hidden page's own timers fire once a second.
    const clock = new Worker(
      URL.createObjectURL(new Blob([`setTimeout(() => postMessage(null), ${wantedMs})`], { type: 'text/javascript' })),
    );
    await new Promise((resolve) => clock.addEventListener('message', resolve));
    const last = look();
    return (1000 * (last.count - first.count)) / (last.atMs - first.atMs);
  }, spanMs);
}
