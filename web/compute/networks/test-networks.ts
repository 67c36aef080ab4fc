import type { PixelImage } from '../../../shared/tasks/definition.ts';
import type { Network } from '../../../shared/tasks/upscale.ts';
import type { NetworkShape } from '../models/manifest.ts';
import { modelName } from '../models/model-name.ts';
import type { ModelSource } from '../models/model-source.ts';
import { inputKindOf } from './input-kind.ts';
import { type Layer, unpackLayers } from './layers.ts';
import type { Features } from './reference.ts';
import { readVectors } from './test-vectors.ts';

const VECTORS = '/web/compute/networks/test-vectors/';

/** A network as the reference takes it, with the weights that are for such a picture. */
export async function referenceNetwork(
  models: ModelSource,
  network: Network,
  image: PixelImage,
): Promise<{ shape: NetworkShape; layers: Layer[] }> {
  const { model, bytes } = await models.load(modelName(network, inputKindOf(image)), 'wgsl');
  return { shape: model.network, layers: unpackLayers(model.network, bytes) };
}

/** Colours behind what is all but transparent are noise, and weigh nothing here. */
export function largestVisibleDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  if (a.length !== b.length) return Number.POSITIVE_INFINITY;
  let largest = 0;
  for (let i = 0; i < a.length; i++) {
    const weight = (of: ArrayLike<number>) => (i % 4 === 3 ? 1 : (of[i | 3] ?? 0) / 255);
    largest = Math.max(largest, Math.abs((a[i] ?? 0) * weight(a) - (b[i] ?? 0) * weight(b)));
  }
  return largest;
}

/** What PyTorch made of a picture (`training/export.py`). */
export async function torchVectors(network: Network): Promise<{ source: Features; sharp: Features }> {
  const [index, bytes] = await Promise.all([
    fetch(`${VECTORS}${network}.json`).then((response) => response.json()),
    fetch(`${VECTORS}${network}.bin`).then((response) => response.arrayBuffer()),
  ]);
  const vectors = readVectors(index, bytes);
  const part = (name: string) => {
    const features = vectors.get(name);
    if (!features) throw new Error(`no part ${name}`);
    return features;
  };
  return { source: part('source'), sharp: part('sharp') };
}

/** Three channels of 0..1 as RGBA8. */
export function withAlpha({ width, height, data }: Features): Uint8ClampedArray<ArrayBuffer> {
  const pixels = new Uint8ClampedArray(width * height * 4).fill(255);
  for (let i = 0; i < data.length; i++) pixels[Math.floor(i / 3) * 4 + (i % 3)] = (data[i] ?? 0) * 255;
  return pixels;
}
