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

/** Only ends a test that hangs. */
const HELPED_WITHIN = { timeout: 75_000 };

/**
 * A gamer's page streams its camera, as `window.stream`, until a volunteer helps: with most of the pictures, or with detail that came in time, which on a
 * busy machine may be little.
 */
export async function streamCamera(gamer: Page, transport: 'detail' | 'picture' = 'detail'): Promise<void> {
  const options = { frameRate: CAMERA_FPS, transport };
  await gamer.evaluate(async ({ frameRate, transport }) => {
    const video = { width: { exact: 160 }, height: { exact: 120 }, frameRate };
    const camera = await navigator.mediaDevices.getUserMedia({ video });
    const [track] = camera.getVideoTracks();
    if (!track) throw new Error('This browser has no camera, not even a fake one.');
    window.stream = await window.client.openStream(track, { scale: 2, quality: 'spatial', transport });
    document.body.append(window.stream.canvas);
  }, options);
  await gamer.waitForFunction(
    () => {
      const { shares, framesPresented, framesWithDetail } = window.stream.stats();
      return framesPresented > 20 && (framesWithDetail > 0 || shares.some(({ share }) => share > 0.5));
    },
    null,
    HELPED_WITHIN,
  );
}

/** Frames a second that a page counts, measured over `spanMs`. */
export function fpsOf(page: Page, counted: 'presented' | 'volunteered', spanMs: number): Promise<number> {
  return page.evaluate(
    async ([what, wantedMs]) => {
      const look = () => {
        const count = what === 'presented' ? window.stream.stats().framesPresented : window.node.stats().framesDone;
        return { atMs: performance.now(), count };
      };
      const first = look();
      // A worker's timer: a hidden page's own timers fire once a second.
      const clock = new Worker(
        URL.createObjectURL(
          new Blob([`setTimeout(() => postMessage(null), ${wantedMs})`], { type: 'text/javascript' }),
        ),
      );
      await new Promise((resolve) => clock.addEventListener('message', resolve));
      const last = look();
      return (1000 * (last.count - first.count)) / (last.atMs - first.atMs);
    },
    [counted, spanMs] as const,
  );
}
