import type { Clock } from '../../shared/clock.ts';
import { MeshError } from '../../shared/errors.ts';
import { GAME } from './tuning.ts';

/**
 * WebGL 2 on a worker's canvas. Asked again for a while: measured, the first page of a freshly started Chromium got none while
 * its GPU process was starting. Throws MeshError `unsupported-browser`.
 */
export async function openContext(canvas: OffscreenCanvas, clock: Clock): Promise<WebGL2RenderingContext> {
  for (let attempt = 0; attempt < GAME.contextAttempts; attempt++) {
    // An opaque canvas gives frames without alpha. No antialiasing: a game short of power has none, and neither has this one.
    const context = canvas.getContext('webgl2', {
      alpha: false,
      antialias: false,
      powerPreference: 'high-performance',
    });
    if (context) return context;
    await new Promise<void>((resolve) => {
      clock.after(GAME.contextRetryMs, resolve);
    });
  }
  throw new MeshError(
    'unsupported-browser',
    'The game needs WebGL 2 in a worker, which this browser does not give. Turn hardware acceleration on, update the browser, or pick an image or a video instead.',
  );
}
