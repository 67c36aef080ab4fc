import FSR1Node from 'three/addons/tsl/display/FSR1Node.js';
import { bool, float, texture } from 'three/tsl';
import { DataTexture, RenderPipeline, WebGPURenderer } from 'three/webgpu';
import { expect, test } from 'vitest';
import type { PixelImage } from '../../../shared/tasks/definition.ts';
import { halved, opaque, paintedPicture } from '../test-pictures.ts';
import { fsr1, type OwnPicture } from './fsr1.ts';

/** Pixels at the borders, where three.js reads beyond the picture. */
const MARGIN = 6;
/** Of 255: three.js keeps the result of the first pass in half precision. */
const TOLERANCE = 2;

/** Doubles a picture with three.js, by WebGL 2. */
async function byThree({ width, height, data }: PixelImage): Promise<OwnPicture> {
  const canvas = document.createElement('canvas');
  const context = canvas.getContext('webgl2', { alpha: false, antialias: false, preserveDrawingBuffer: true });
  if (!context) throw new Error('There is no WebGL 2.');
  const renderer = new WebGPURenderer({ canvas, context, forceWebGL: true, antialias: false });
  await renderer.init();
  renderer.setPixelRatio(1);
  renderer.setSize(2 * width, 2 * height, false);
  const source = new DataTexture(Uint8Array.from(data), width, height);
  source.needsUpdate = true;
  const pipeline = new RenderPipeline(renderer, new FSR1Node(texture(source), float(0.2), bool(false)));
  pipeline.outputColorTransform = false;
  pipeline.render();
  const pixels = new Uint8ClampedArray(width * height * 16);
  context.readPixels(0, 0, 2 * width, 2 * height, context.RGBA, context.UNSIGNED_BYTE, pixels);
  renderer.dispose();
  return { width: 2 * width, height: 2 * height, data: pixels };
}

function largestInside(a: PixelImage, b: PixelImage, isTurned: boolean): number {
  let largest = 0;
  for (let y = MARGIN; y < a.height - MARGIN; y++) {
    for (let x = MARGIN * 4; x < (a.width - MARGIN) * 4; x++) {
      const row = isTurned ? a.height - 1 - y : y;
      largest = Math.max(largest, Math.abs((a.data[y * a.width * 4 + x] ?? 0) - (b.data[row * a.width * 4 + x] ?? 0)));
    }
  }
  return largest;
}

test("our FSR 1 makes of a picture what three.js's node makes of it", async () => {
  const small = halved(opaque(paintedPicture(160, 96)));
  const [ours, theirs] = [fsr1(small), await byThree(small)];
  // WebGL's rows may run upwards, and the method has no up or down.
  expect(Math.min(largestInside(ours, theirs, false), largestInside(ours, theirs, true))).toBeLessThanOrEqual(
    TOLERANCE,
  );
});
