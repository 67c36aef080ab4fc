// Protects: streams in a browser without some codecs, or without WebGL 2 on canvases of workers. Each test takes the interface from Chromium.
import { afterEach, expect, test, vi } from 'vitest';
import { type Codec, codecSupport, commonCodecs, isCodecUsable } from './codec/codecs.ts';
import { composePixels } from './compose/composition.ts';
import { openComposer } from './compose/open-composer.ts';
import { detailOf, drawn, largestDifference, mixedCodes, pictureFrame, TEST_SCALE } from './compose/test-composing.ts';
import { WebGlComposer } from './compose/webgl-composer.ts';

const STREAM = { width: 24, height: 16, outWidth: 48, outHeight: 32 };
const OUT = { width: 48, height: 32 };

afterEach(() => {
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

/** The browser answers no for a codec, or does not know its name. */
function withoutCodec(prefix: string, answer: () => Promise<{ supported: boolean }>): void {
  for (const coder of [VideoEncoder, VideoDecoder]) {
    const ask = coder.isConfigSupported.bind(coder) as (config: { codec: string }) => Promise<object>;
    vi.spyOn(coder, 'isConfigSupported').mockImplementation((config: { codec: string }) =>
      config.codec.startsWith(prefix) ? (answer() as never) : (ask(config) as never),
    );
  }
}

const ANSWERS: [string, () => Promise<{ supported: boolean }>][] = [
  ['says no', async () => ({ supported: false })],
  ['does not know the name', () => Promise.reject(new TypeError('Unknown codec'))],
];

test.each(ANSWERS)('a browser without VP9 that %s offers the others, and agrees on one of them', async (_, answer) => {
  withoutCodec('vp09', answer);
  const support = await codecSupport();
  expect(support.find(({ codec }) => codec === 'vp9')).toEqual({ codec: 'vp9', encodes: null, decodes: null });
  const usable = support.filter(({ encodes, decodes }) => encodes && decodes).map(({ codec }) => codec);
  expect(usable).toContain('vp8');
  const theirs: Codec[] = ['vp9', 'vp8'];
  expect(commonCodecs(usable, theirs)).toEqual(['vp8']);
  expect(await isCodecUsable('vp9', OUT, STREAM)).toBe(false);
  expect(await isCodecUsable('vp8', OUT, STREAM)).toBe(true);
});

test('a page starts the media system by asking an element what it plays, once: without that WebKitGTK crashes', async () => {
  const asked = vi.spyOn(HTMLMediaElement.prototype, 'canPlayType');
  // Not the one that other tests of this page have called.
  const { startMediaSystem } = await import('../compute/media-system.ts?fresh' as string);
  startMediaSystem();
  startMediaSystem();
  expect(asked).toHaveBeenCalledTimes(1);
});

function withoutWebGl(): void {
  const plain = OffscreenCanvas.prototype.getContext;
  vi.spyOn(OffscreenCanvas.prototype, 'getContext').mockImplementation(function (this: OffscreenCanvas, ...given) {
    return String(given[0]) === 'webgl2' ? null : (Reflect.apply(plain, this, given) as never);
  });
}

test.each([
  ['', () => {}],
  [', nor WebAssembly', () => vi.stubGlobal('WebAssembly', undefined)],
])('a browser without WebGL 2 on canvases of workers%s composes right', async (_, removeToo) => {
  withoutWebGl();
  removeToo();
  expect(() => new WebGlComposer(true)).toThrow(expect.objectContaining({ reason: 'unsupported-browser' }));
  const composer = await openComposer({ size: STREAM, gpu: null, now: () => performance.now() });
  const { frame, picture } = pictureFrame(STREAM.width, STREAM.height);
  const raw = await composer.load(frame);
  frame.close();
  const codes = mixedCodes(OUT);
  const expected = composePixels(picture, codes, TEST_SCALE, OUT);
  expect(composer.name).toBe('wasm');
  expect(largestDifference(await drawn(composer, raw, detailOf(raw, codes), OUT), expected)).toBeLessThanOrEqual(1);
  composer.dispose();
});
