import { afterEach, expect, test, vi } from 'vitest';
import { EXCLUSIVE_SLOT, testPattern } from '../filter-benchmark.ts';
import { upscaleReference } from '../reference/upscale.ts';
import { largestVisibleDifference } from '../test-pictures.ts';
import { openWasm } from './open-wasm.ts';
import type { WasmBackend } from './wasm-backend.ts';

const opened: WasmBackend[] = [];

afterEach(() => {
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
  for (const backend of opened.splice(0)) backend.dispose();
});

async function open(): Promise<WasmBackend> {
  const { backend, problem } = await openWasm({ now: () => performance.now() });
  if (!backend) throw new Error(problem);
  opened.push(backend);
  return backend;
}

/** Memory cannot be shared from now on, as in a 32-bit browser that has no addresses left. */
function refuseSharedMemory(): void {
  const { Memory } = WebAssembly;
  vi.spyOn(WebAssembly, 'Memory').mockImplementation((descriptor) => {
    if (descriptor.shared) throw new RangeError('could not allocate memory');
    return new Memory(descriptor);
  });
}

async function isRight(backend: WasmBackend, yieldNow = EXCLUSIVE_SLOT.yieldNow): Promise<boolean> {
  const image = testPattern(160, 90);
  const target = { outWidth: 320, outHeight: 180, quality: 'spatial' } as const;
  const shape = { width: 160, height: 90, ...target };
  const pixels = new Uint8Array(image.data);
  const made = await (await backend.startPixels(pixels, shape, { ...EXCLUSIVE_SLOT, yieldNow })).finish();
  return largestVisibleDifference(made, upscaleReference(image, target)) <= 1;
}

test('where memory can be shared the kernels have threads', async () => {
  const backend = await open();
  await expect.poll(() => backend.threads).toBeGreaterThan(1);
});

test.each<[string, () => void]>([
  ['memory cannot be shared', refuseSharedMemory],
  [
    'the kernels for threads cannot be fetched',
    () => {
      const { fetch } = globalThis;
      vi.stubGlobal('fetch', (url: URL) =>
        url.href.includes('threads') ? Promise.reject(new TypeError('offline')) : fetch(url),
      );
    },
  ],
])('where %s the kernels run in one thread', async (_what, forbid) => {
  forbid();
  const backend = await open();
  expect(backend.threads).toBe(1);
  expect(await isRight(backend)).toBe(true);
});

test('pictures for which no more memory can be shared get one thread', async () => {
  const backend = await open();
  await expect.poll(() => backend.threads).toBeGreaterThan(1);
  refuseSharedMemory();
  // The first has the memory that is there.
  expect(await Promise.all([isRight(backend), isRight(backend), isRight(backend)])).toEqual([true, true, true]);
});
