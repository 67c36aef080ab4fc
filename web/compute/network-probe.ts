import type { PixelImage } from '../../shared/tasks/definition.ts';
import { IMAGE, type Network } from '../../shared/tasks/upscale.ts';
import type { Backend } from './backend.ts';
import type { NetworkShape } from './models/manifest.ts';
import type { Layer } from './networks/layers.ts';
import { doubledReference } from './networks/picture.ts';
import { probePicture } from './probe.ts';
import type { Started, Turn } from './schedule.ts';
import { type Speed, speedOf, type Timed } from './speed.ts';
import { COMPUTE } from './tuning.ts';

/** Has something done in a turn of the schedule. */
export type RunInTurn = <T>(body: (turn: Turn) => Promise<Started<T>>) => Promise<T>;

/** Runs of one size after the first, which pays for compiling and allocating. */
const MAX_RUNS = 4;

/** What is measured, and what time is. */
export interface NetworkProbe {
  network: Network;
  /** With the weights for such a picture as {@link checkPicture}. */
  shape: NetworkShape;
  layers: readonly Layer[];
  run: RunInTurn;
  now(): number;
}

/** Null when it answers otherwise than the reference. Throws MeshError when it does not answer. */
export async function probeNetwork(backend: Backend, probe: NetworkProbe): Promise<Speed | null> {
  // What is loaded is loaded before its turn, so that nobody waits behind a download.
  await backend.prepare?.(probe.network);
  if (!(await isRight(backend, probe))) return null;
  const { probeWidth: width, probeHeight: height, networkProbeMs } = COMPUTE;
  const small = await timed(backend, probe, probePicture(width / 2, height / 2));
  // Four times the pixels.
  if (small.ms * 4 > networkProbeMs) return speedOf(small);
  return speedOf(small, await timed(backend, probe, probePicture(width, height)));
}

/** What a backend's answer is judged by. */
export function checkPicture(): PixelImage {
  return probePicture(COMPUTE.networkCheckWidth, COMPUTE.networkCheckHeight);
}

async function isRight(backend: Backend, probe: NetworkProbe): Promise<boolean> {
  const image = checkPicture();
  const { pixels } = await runOnce(backend, probe, image);
  const expected = doubledReference(probe.shape, probe.layers, image).data;
  return pixels.length === expected.length && areAlike(pixels, expected, IMAGE.networkTolerance8bit);
}

/** What is all but transparent has colours that are noise. */
function areAlike(a: Uint8Array, b: Uint8ClampedArray, tolerance: number): boolean {
  const seen = (of: Uint8Array | Uint8ClampedArray, i: number) =>
    (of[i] ?? 0) * (i % 4 === 3 ? 1 : (of[i | 3] ?? 0) / 255);
  return a.every((_, i) => Math.abs(seen(a, i) - seen(b, i)) <= tolerance);
}

/** The best of a few runs, which take no longer than they may and the one run that passes it. */
async function timed(backend: Backend, probe: NetworkProbe, image: PixelImage): Promise<Timed> {
  const startMs = probe.now();
  let ms = Number.POSITIVE_INFINITY;
  for (let run = 0; run < MAX_RUNS && (run === 0 || probe.now() - startMs < COMPUTE.networkProbeMs); run++) {
    ms = Math.min(ms, (await runOnce(backend, probe, image)).ms);
  }
  return { pixels: image.width * image.height, ms };
}

/** Timed from its turn to its result. */
async function runOnce(backend: Backend, { network, run, now }: NetworkProbe, { width, height, data }: PixelImage) {
  const shape = { width, height, outWidth: width * 2, outHeight: height * 2, quality: network };
  let startMs = 0;
  const pixels = await run((turn) => {
    startMs = now();
    return backend.startPixels(new Uint8Array(data), shape, turn);
  });
  return { pixels, ms: now() - startMs };
}
