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

/** A frame of this red. */
function frameOf(red: number, width = 16, height = 8): VideoFrame {
  const drawing = new OffscreenCanvas(width, height);
  const context = drawing.getContext('2d');
  if (!context) throw new Error('no canvas');
  context.fillStyle = `rgb(${red} 0 0)`;
  context.fillRect(0, 0, width, height);
  return new VideoFrame(drawing, { timestamp: 0 });
}

/** Keeps a frame whose red is its id. */
function keep(frameId: number, width?: number, height?: number): void {
  const frame = frameOf(frameId, width, height);
  view.keep(frameId, frame);
  // Its pixels were copied.
  frame.close();
}

/** Red and size of the picture on the canvas. */
async function shown(): Promise<(number | undefined)[]> {
  const picture = await createImageBitmap(canvas);
  const context = new OffscreenCanvas(1, 1).getContext('2d');
  context?.drawImage(picture, 0, 0);
  return [context?.getImageData(0, 0, 1, 1).data[0], picture.width, picture.height];
}

test('the frame that is shown is the one that was asked for, at its own size, whatever was dropped before it', async () => {
  for (const frameId of [10, 20, 30]) keep(frameId);
  keep(40, 24, 12);
  view.show(20);
  expect([view.shownFrameId, released(), ...(await shown())]).toEqual([20, 1, 20, 16, 8]);
  // Drawn again with its detail, and one that is long past.
  view.show(20);
  view.show(10);
  expect(view.shownFrameId).toBe(20);
  view.show(40);
  expect([released(), ...(await shown())]).toEqual([2, 40, 24, 12]);
});

test('frames that are never shown do not pile up, and none is left at the end', () => {
  for (let frameId = 0; frameId < 100; frameId++) keep(frameId);
  expect(released()).toBe(100 - 32);
  view.dispose();
  expect(released()).toBe(100);
});

test('of large frames fewer are kept', () => {
  const frame = frameOf(0, 2_560, 1_440);
  for (let frameId = 0; frameId < 20; frameId++) view.keep(frameId, frame);
  frame.close();
  expect(released()).toBe(20 - 18);
});
