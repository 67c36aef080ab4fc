import { afterEach, expect, test, vi } from 'vitest';
import type { AppliedDetail, ComposerName, RawPicture } from './composer.ts';
import { composePixels } from './composition.ts';
import { chooseComposer, openComposer } from './open-composer.ts';
import { detailOf, drawn, largestDifference, mixedCodes, pictureFrame, TEST_SCALE } from './test-composing.ts';
import { WasmComposer } from './wasm-composer.ts';
import { WebGlComposer } from './webgl-composer.ts';

const SIZE = { width: 24, height: 16, outWidth: 48, outHeight: 32 };
const OUT = { width: 48, height: 32 };

afterEach(() => vi.restoreAllMocks());

/** A way that composes right unless told otherwise, in as many ms of `time`. */
function simulatedWay(name: ComposerName, time: { nowMs: number }, ms: number) {
  const right = new WasmComposer(null);
  return {
    name,
    isWrong: false,
    isDisposed: false,
    load: (frame: VideoFrame) => right.load(frame),
    async compose(raw: RawPicture, detail: AppliedDetail | null, target: OffscreenCanvasRenderingContext2D) {
      time.nowMs += ms;
      await right.compose(raw, this.isWrong && detail ? { ...detail, weight: detail.weight / 2 } : detail, target);
    },
    dispose() {
      this.isDisposed = true;
    },
  };
}

test('the fastest way that composes right is used', async () => {
  const time = { nowMs: 0 };
  const slow = simulatedWay('wasm', time, 9);
  const wrong = simulatedWay('webgl', time, 1);
  const fast = simulatedWay('webgpu', time, 5);
  wrong.isWrong = true;
  const open = () => chooseComposer([async () => slow, async () => wrong, async () => fast], SIZE, () => time.nowMs);
  const composer = await open();
  expect(composer.name).toBe('webgpu');
  expect([slow.isDisposed, wrong.isDisposed, fast.isDisposed]).toEqual([false, true, false]);
  composer.dispose();
  expect([slow.isDisposed, fast.isDisposed]).toEqual([true, true]);
});

test('where no way works, the picture is composed in plain TypeScript', async () => {
  const time = { nowMs: 0 };
  const broken = simulatedWay('webgl', time, 1);
  broken.compose = async () => {
    throw new Error('nothing is drawn here');
  };
  const unopened = async () => {
    throw new Error('there is no GPU');
  };
  const composer = await chooseComposer([async () => broken, unopened], SIZE, () => time.nowMs);
  const { frame, picture } = pictureFrame(24, 16);
  const raw = await composer.load(frame);
  frame.close();
  expect(await drawn(composer, raw, null, OUT)).toEqual(composePixels(picture, null, TEST_SCALE, OUT));
  composer.dispose();
});

test('a browser with WebAssembly or WebGL composes right', async () => {
  const composer = await openComposer({ size: SIZE, gpu: null, now: () => performance.now() });
  expect(['wasm', 'webgl']).toContain(composer.name);
  const { frame, picture } = pictureFrame(24, 16);
  const raw = await composer.load(frame);
  frame.close();
  const codes = mixedCodes(OUT);
  const expected = composePixels(picture, codes, TEST_SCALE, OUT);
  expect(largestDifference(await drawn(composer, raw, detailOf(raw, codes), OUT), expected)).toBeLessThanOrEqual(1);
  composer.dispose();
});

test('a WebGL context that is lost in the middle of a stream is not seen', async () => {
  const { getContext } = OffscreenCanvas.prototype;
  const contexts: WebGL2RenderingContext[] = [];
  vi.spyOn(OffscreenCanvas.prototype, 'getContext').mockImplementation(function (this: OffscreenCanvas, ...given) {
    const context = getContext.apply(this, given);
    if (context instanceof WebGL2RenderingContext) contexts.push(context);
    return context as never;
  });
  const time = { nowMs: 0 };
  // Slower by its clock than WebGL.
  const processor = simulatedWay('wasm', time, 1e6);
  const composer = await chooseComposer(
    [async () => processor, async () => new WebGlComposer(true)],
    SIZE,
    () => time.nowMs,
  );
  expect(composer.name).toBe('webgl');
  const { frame, picture } = pictureFrame(24, 16);
  const raw = await composer.load(frame);
  frame.close();
  const codes = mixedCodes(OUT);
  const before = await drawn(composer, raw, detailOf(raw, codes), OUT);
  for (const context of contexts) context.getExtension('WEBGL_lose_context')?.loseContext();
  const after = await drawn(composer, raw, detailOf(raw, codes), OUT);
  expect(composer.name).toBe('wasm');
  const expected = composePixels(picture, codes, TEST_SCALE, OUT);
  expect(largestDifference(before, expected)).toBeLessThanOrEqual(1);
  expect(largestDifference(after, expected)).toBeLessThanOrEqual(1);
  raw.dispose();
  composer.dispose();
});
