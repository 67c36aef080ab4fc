import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { BeforeView } from './before-view.ts';

let canvas: OffscreenCanvas;
let view: BeforeView;
/** Pictures that were released without being shown. */
let released: () => number;

beforeEach(() => {
  canvas = new OffscreenCanvas(1, 1);
  view = new BeforeView(canvas);
  const close = vi.spyOn(ImageBitmap.prototype, 'close');
  released = () => close.mock.calls.length;
});

afterEach(() => {
  view.dispose();
  vi.restoreAllMocks();
});

/** Keeps a frame whose red is its id, and whose size is given. */
function keep(frameId: number, width = 16, height = 8): void {
  const drawing = new OffscreenCanvas(width, height);
  const context = drawing.getContext('2d');
  if (!context) throw new Error('no canvas');
  context.fillStyle = `rgb(${frameId} 0 0)`;
  context.fillRect(0, 0, width, height);
  const frame = new VideoFrame(drawing, { timestamp: frameId });
  view.keep(frameId, frame);
  // Its pixels were copied.
  frame.close();
}

async function redOnCanvas(): Promise<number | undefined> {
  const context = new OffscreenCanvas(canvas.width, canvas.height).getContext('2d');
  context?.drawImage(await createImageBitmap(canvas), 0, 0);
  return context?.getImageData(0, 0, 1, 1).data[0];
}

test('the frame that is shown is the one that was asked for, at its own size, whatever was dropped before it', async () => {
  for (const frameId of [10, 20, 30]) keep(frameId);
  keep(40, 24, 12);
  view.show(20);
  expect([view.shownFrameId, await redOnCanvas(), released()]).toEqual([20, 20, 1]);
  // Drawn again with its detail, and one that is long past.
  view.show(20);
  view.show(10);
  expect(view.shownFrameId).toBe(20);
  view.show(40);
  expect([await redOnCanvas(), canvas.width, canvas.height, released()]).toEqual([40, 24, 12, 2]);
});

test('frames that are never shown do not pile up, and none is left at the end', () => {
  for (let frameId = 0; frameId < 100; frameId++) keep(frameId);
  expect(released()).toBe(100 - 32);
  view.dispose();
  expect(released()).toBe(100);
});

test('of large frames fewer are kept', () => {
  for (let frameId = 0; frameId < 20; frameId++) keep(frameId, 2_560, 1_440);
  expect(released()).toBe(20 - 18);
});
