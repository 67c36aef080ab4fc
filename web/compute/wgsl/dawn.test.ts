// Protects: our kernels compute the same in a second build of WebGPU and on another driver than the browser's, in half precision where it has it.
import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import type { PixelImage } from '../../../shared/tasks/definition.ts';
import { FILTERS, IMAGE, isNetwork, type Quality } from '../../../shared/tasks/upscale.ts';
import { EXCLUSIVE_SLOT } from '../filter-benchmark.ts';
import { doubledReference } from '../networks/reference-network.ts';
import { upscaleReference } from '../reference/upscale.ts';
import { loadNetwork, repositoryModels } from '../test-models.ts';
import { largestVisibleDifference, paintedPicture } from '../test-pictures.ts';
import { doubler, rimsOf } from '../test-transparency.ts';
import { openDevice } from './gpu-device.ts';
import { openDawn } from './test-dawn.ts';
import { WgslBackend } from './wgsl-backend.ts';

/** Without `quality` and `ultra`: the former Mesa's software driver compiles for 12 s. Their kernels differ from those of `balanced` in nothing but their widths. */
const QUALITIES: readonly Quality[] = [...FILTERS, 'fast', 'balanced'];

async function sharpReference(image: PixelImage, quality: Quality): Promise<ArrayLike<number>> {
  const target = { outWidth: 2 * image.width, outHeight: 2 * image.height };
  if (!isNetwork(quality)) return upscaleReference(image, { ...target, quality });
  const { shape, layers } = await loadNetwork(quality);
  return doubledReference(shape, layers, image).data;
}

/** Tests in a browser fetch files of the repository from its root. */
const REPOSITORY = new URL('../../..', import.meta.url);

const dawn = await openDawn();
if ('refusal' in dawn) say(`Our kernels are not tested in Node. ${dawn.refusal}`);

describe.skipIf('refusal' in dawn)('in Node', async () => {
  if ('refusal' in dawn) return;
  vi.stubGlobal('navigator', { gpu: dawn.gpu });
  vi.stubGlobal('fetch', async (path: string) => new Response(await readFile(new URL(`.${path}`, REPOSITORY))));
  afterAll(() => {
    vi.unstubAllGlobals();
  });

  describe('pictures', () => {
    let backend: WgslBackend;
    beforeAll(async () => {
      const opened = await openDevice(dawn.gpu);
      if (!opened) throw new Error('Dawn had an adapter, and has none now.');
      const precision = opened.device.features.has('shader-f16') ? 'half' : 'single';
      say(`Our kernels run in Node on ${opened.name}, in ${precision} precision.`);
      backend = new WgslBackend(opened.device, repositoryModels);
    });
    afterAll(() => backend.dispose());

    test.each(QUALITIES)('%s enlarges a picture as the reference does', async (quality) => {
      const image = paintedPicture(21, 13);
      const shape = { width: 21, height: 13, outWidth: 42, outHeight: 26, quality };
      const data = await (await backend.startPixels(Uint8Array.from(image.data), shape, EXCLUSIVE_SLOT)).finish();
      const tolerance = isNetwork(quality) ? IMAGE.networkTolerance8bit : IMAGE.tolerance8bit;
      expect(largestVisibleDifference(data, await sharpReference(image, quality))).toBeLessThanOrEqual(tolerance);
    });

    test.each(QUALITIES)('a transparent picture gets no rim, whatever it is laid over: %s', async (quality) => {
      expect(await rimsOf(doubler(backend, quality))).toEqual([]);
    });
  });

  // What the browser tests of these kernels require, they must do here too.
  describe('layers', async () => void (await import('./networks/made-up-layers.browser.test.ts')));
  describe('ray tracing', async () => void (await import('./ray-tracer.browser.test.ts')));
  describe('path finding', async () => void (await import('./path-finder.browser.test.ts')));
  describe('physics', async () => void (await import('./simulator.browser.test.ts')));
  describe('the clock of the GPU', async () => void (await import('./gpu-timer.browser.test.ts')));
});

test.skipIf(process.platform !== 'linux')(
  'where Dawn accepts no driver a sentence says why, and what to do',
  async () => {
    const refused = await openDawn({ ...process.env, VK_ICD_FILENAMES: '/nowhere.json' });
    expect(refused).toEqual({ refusal: expect.stringMatching(/accepts \(.+\)\. Install a newer one/) });
  },
);

function say(sentence: string): void {
  // biome-ignore lint/suspicious/noConsole: whoever runs the tests must learn what they ran on, or why they did not.
  console.log(sentence);
}
