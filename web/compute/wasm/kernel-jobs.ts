import type { DetailCoding } from '../../../shared/detail.ts';
import type { Filter } from '../../../shared/tasks/upscale.ts';
import { deadZoneOf } from '../reference/detail.ts';
import { type AxisSamples, axisSamples } from '../reference/source-rows.ts';
import { copiesAtSameSize, isIdentity } from '../reference/upscale.ts';
import type { DetailJob, FilterJob, NetworkJob } from './kernel-instance.ts';
import type { QuantizedLayer } from './quantized-network.ts';
import type { Workspace } from './workspace.ts';

/** A picture in a workspace: straight RGBA8. */
export interface PlacedPicture {
  address: number;
  width: number;
  height: number;
  isOpaque: boolean;
}

/** Places a picture that is about to be written. */
export function placePicture(workspace: Workspace, width: number, height: number, isOpaque: boolean): PlacedPicture {
  return { address: workspace.place(width * height * 4), width, height, isOpaque };
}

/** Places a picture. */
export function putPicture(
  workspace: Workspace,
  { width, height, data }: { width: number; height: number; data: Uint8Array | Uint8ClampedArray },
): PlacedPicture {
  const address = workspace.place(data.byteLength);
  workspace.bytes(address, data.byteLength).set(data);
  return { address, width, height, isOpaque: workspace.kernels.isOpaque(address, width * height) };
}

/** A job that leads from a picture to another; null where they are the same. */
export function filterJob(
  workspace: Workspace,
  source: PlacedPicture,
  { outWidth, outHeight, filter }: { outWidth: number; outHeight: number; filter: Filter },
  threads: number,
): { job: FilterJob | null; result: PlacedPicture } {
  if (copiesAtSameSize(filter) && isIdentity(source, { outWidth, outHeight })) return { job: null, result: source };
  const result = placePicture(workspace, outWidth, outHeight, source.isOpaque);
  const job = enlargingJob(workspace, source, result, threads);
  return { job: { kind: 'filter', filter, target: result.address, ...job }, result };
}

/** A job that codes what a picture has more than the base, `source` enlarged to its size, to `codes`: a byte a pixel. */
export function detailJob(
  workspace: Workspace,
  source: PlacedPicture,
  sharp: PlacedPicture,
  coding: DetailCoding,
  threads: number,
): { job: DetailJob; codes: { address: number; strideBytes: number } } {
  // The kernel writes four codes at a time, and another thread may write the next row.
  const strideBytes = Math.ceil(sharp.width / 4) * 4;
  const address = workspace.place(strideBytes * sharp.height);
  const job = enlargingJob(workspace, source, sharp, threads);
  const { gain } = coding;
  return {
    job: { kind: 'detail', target: address, ...job, sharp: sharp.address, gain, deadZone: deadZoneOf(coding) },
    codes: { address, strideBytes },
  };
}

function enlargingJob(
  workspace: Workspace,
  { address, width, height, isOpaque }: PlacedPicture,
  { width: outWidth, height: outHeight }: PlacedPicture,
  threads: number,
) {
  const columns = putAxis(workspace, axisSamples(width, outWidth));
  const lines = putAxis(workspace, axisSamples(height, outHeight));
  const scratch = placeScratch(workspace, workspace.kernels.filterScratchBytes(width, outWidth), threads);
  return { source: address, width, height, outWidth, outHeight, isOpaque, columns, lines, scratch };
}

/** A job that doubles an opaque picture. */
export function networkJob(
  workspace: Workspace,
  source: PlacedPicture,
  network: readonly QuantizedLayer[],
  threads: number,
): { job: NetworkJob; result: PlacedPicture } {
  const { address, width, height } = source;
  const result = placePicture(workspace, width * 2, height * 2, true);
  const descriptions = new Int32Array(network.length * DESCRIPTION_LENGTH);
  for (const [n, { inputs, outputs, weights, biases, shift, leak }] of network.entries()) {
    const bytes = Int16Array.BYTES_PER_ELEMENT;
    const places = [workspace.put(weights), workspace.put(biases)];
    descriptions.set([inputs * bytes, outputs * bytes, ...places, shift, leak], n * DESCRIPTION_LENGTH);
  }
  const channels = network.reduce((sum, { outputs }) => sum + outputs, 0);
  const products = network.reduce((sum, { weights }) => sum + weights.length, 0);
  const scratchBytes = workspace.kernels.networkScratchBytes(width, channels);
  return {
    job: {
      kind: 'network',
      ...{ source: address, target: result.address, width, height, products },
      layers: workspace.put(descriptions),
      layerCount: network.length,
      scratch: placeScratch(workspace, scratchBytes, threads),
    },
    result,
  };
}

/** 32-bit numbers in the description of a layer. */
const DESCRIPTION_LENGTH = 8;

function placeScratch(workspace: Workspace, sizeBytes: number, threads: number): number[] {
  return Array.from({ length: threads }, () => workspace.place(sizeBytes));
}

/** Bases, then shares, each padded to a multiple of four: the kernels compute four pixels at a time. */
function putAxis(workspace: Workspace, { base, fraction }: AxisSamples): number {
  const length = Math.ceil(base.length / 4) * 4;
  const table = new ArrayBuffer(length * 8);
  new Int32Array(table).set(base);
  new Float32Array(table, length * 4).set(fraction);
  return workspace.put(new Uint8Array(table));
}
