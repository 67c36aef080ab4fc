import { NETWORKS } from '../../shared/tasks/upscale.ts';
import { testPattern } from '../../web/compute/filter-benchmark.ts';
import { bandsOf, fromPlanes, isOpaque, toPlanes } from '../../web/compute/ort/bands.ts';
import { OrtWasmBackend } from '../../web/compute/ort/ort-wasm-backend.ts';
import { cpuRuntime } from '../../web/compute/ort/runtime.ts';
import type { TimeSlot } from '../../web/compute/schedule.ts';
import { servedModels } from '../../web/compute/test-models.ts';

const SIZE = { width: 320, height: 180 };
const ROUNDS = 30;
const EXCLUSIVE_SLOT: TimeSlot = { signal: new AbortController().signal, yieldNow: async () => {} };

export interface WasmTiming {
  network: string;
  /** From nothing to the first result: the library is fetched and compiled for the first network only. */
  firstMs: number;
  frameMs: number;
}

/** What one frame takes by onnxruntime-web on the processor, and how much of it is ours: pixels to planes and back. */
export async function measureNetworksWasm() {
  const backend = new OrtWasmBackend(servedModels('/models/'), () => performance.now());
  const picture = testPattern(SIZE.width, SIZE.height);
  const image = { ...SIZE, data: Uint8Array.from(picture.data, (value, i) => (i % 4 === 3 ? 255 : value)) };
  const timings: WasmTiming[] = [];
  for (const quality of NETWORKS) {
    const shape = { ...SIZE, outWidth: SIZE.width * 2, outHeight: SIZE.height * 2, quality };
    const once = async () => (await backend.startPixels(image.data, shape, EXCLUSIVE_SLOT)).finish();
    const [firstMs = Number.NaN] = await timesOf(1, once);
    await timesOf(3, once);
    timings.push({ network: quality, firstMs, frameMs: median(await timesOf(ROUNDS, once)) });
  }
  const { numThreads } = (await cpuRuntime()).env.wasm;
  backend.dispose();
  return {
    timings,
    planesMs: median(await timesOf(ROUNDS, async () => throughPlanes(image))),
    threads: numThreads ?? 1,
  };
}

function throughPlanes(image: ReturnType<typeof testPattern>): void {
  const [band] = bandsOf(image, { widths: [3, 4], outputs: 'luma', leak: 0 }, Number.POSITIVE_INFINITY);
  if (!band) return;
  const { width, height } = image;
  toPlanes(image, band, { width, height, data: new Float32Array(3 * width * height) });
  const sharp = { width: width * 2, height: height * 2 };
  const planes = { ...sharp, data: new Float32Array(3 * sharp.width * sharp.height).fill(0.4) };
  fromPlanes(planes, image, band, isOpaque(image), new Uint8ClampedArray(sharp.width * sharp.height * 4));
}

async function timesOf(count: number, work: () => Promise<unknown>): Promise<number[]> {
  const times: number[] = [];
  for (let n = 0; n < count; n++) {
    const startMs = performance.now();
    await work();
    times.push(performance.now() - startMs);
  }
  return times;
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
}
