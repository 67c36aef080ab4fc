import { expose } from 'comlink';
import type { PixelImage } from '../../shared/tasks/definition.ts';
import { NETWORKS } from '../../shared/tasks/upscale.ts';
import { flickerOf, lumaOf } from '../../web/compare/luma.ts';
import { type Similarity, similarityTo } from '../../web/compare/similarity.ts';
import { EXCLUSIVE_SLOT } from '../../web/compute/filter-benchmark.ts';
import { OrtWasmBackend } from '../../web/compute/ort/ort-wasm-backend.ts';
import { cpuRuntime } from '../../web/compute/ort/runtime.ts';
import { fsr1, rcas } from '../../web/compute/reference/fsr1.ts';
import { doubledByFilter } from '../../web/compute/reference/upscale.ts';
import { servedModels } from '../../web/compute/test-models.ts';
import { cubic, doubled, LANCZOS3 } from '../../web/compute/test-resample.ts';

/** A small picture and what it should become. */
export interface ScoreJob {
  small: PixelImage;
  truth: PixelImage;
  /** What other methods made of it already, by method. */
  made: Record<string, PixelImage>;
}

export type Scores = Record<string, Similarity>;

type Method = (image: PixelImage) => PixelImage | Promise<PixelImage>;

// Our networks by onnxruntime-web on the processor: tests compare the other backends with it.
const backend = new OrtWasmBackend(servedModels('/models/'), () => performance.now());
const network =
  (quality: (typeof NETWORKS)[number]): Method =>
  async ({ width, height, data }) => {
    // Every core has a worker already.
    (await cpuRuntime()).env.wasm.numThreads = 1;
    const shape = { width, height, outWidth: width * 2, outHeight: height * 2, quality };
    const pixels = await (await backend.startPixels(Uint8Array.from(data), shape, EXCLUSIVE_SLOT)).finish();
    return { width: width * 2, height: height * 2, data: pixels };
  };

const METHODS: Record<string, Method> = {
  bilinear: (image) => doubledByFilter(image, 'bilinear'),
  bicubic: (image) => doubled(image, cubic(-0.75)),
  'catmull-rom': (image) => doubledByFilter(image, 'bicubic'),
  lanczos3: (image) => doubled(image, LANCZOS3),
  spatial: (image) => doubledByFilter(image, 'spatial'),
  sharpened: (image) => rcas(doubledByFilter(image, 'bilinear')),
  fsr1,
  ...Object.fromEntries(NETWORKS.map((quality) => [quality, network(quality)])),
};

async function score({ small, truth, made }: ScoreJob): Promise<Scores> {
  const { width, height } = truth;
  const similarityOf = similarityTo(truth);
  const pictures = await allOf(small, made);
  const scores: Scores = {};
  for (const [method, picture] of Object.entries(pictures)) {
    if (picture.width !== width || picture.height !== height)
      throw new Error(`${method} gave a picture of another size.`);
    scores[method] = similarityOf(picture);
  }
  return scores;
}

async function allOf(small: PixelImage, made: ScoreJob['made']): Promise<ScoreJob['made']> {
  const pictures = { ...made };
  for (const [method, upscale] of Object.entries(METHODS)) pictures[method] = await upscale(small);
  return pictures;
}

/** Flicker by method over consecutive frames; null where nothing stands still. */
async function flicker(frames: readonly ScoreJob[]): Promise<Record<string, number | null>> {
  const lumas: Record<string, Float32Array[]> = {};
  for (const { small, made } of frames) {
    const pictures = Object.entries(await allOf(small, made));
    for (const [method, picture] of pictures) lumas[method] = [...(lumas[method] ?? []), lumaOf(picture)];
  }
  const truth = frames.map((frame) => lumaOf(frame.truth));
  return Object.fromEntries(Object.entries(lumas).map(([method, made]) => [method, flickerOf(made, truth)]));
}

const scorer = { score, flicker };
export type Scorer = typeof scorer;
expose(scorer);
