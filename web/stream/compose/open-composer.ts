import { MeshError } from '../../../shared/errors.ts';
import { logger } from '../../../shared/log.ts';
import type { OpenedDevice } from '../../compute/wgsl/gpu-device.ts';
import type { StreamSize } from '../frame-size.ts';
import type { Composer } from './composer.ts';
import { composesRight, showsColours, trialTarget } from './composer-trial.ts';
import { FailoverComposer } from './failover-composer.ts';
import { WasmComposer } from './wasm-composer.ts';
import { WebGlComposer } from './webgl-composer.ts';
import { WebGpuComposer } from './webgpu-composer.ts';

const log = logger('stream.compose');

/** Time for measuring one way, ms: no further run begins after it, but for the second. */
const MEASURING_MS = 40;
/** The fastest run counts: the first pays for allocating, and the machine may interrupt any. */
const MIN_RUNS = 2;
const MAX_RUNS = 5;

export interface ComposerOptions {
  /** Sizes of the stream, at which ways of composing are measured. */
  size: StreamSize;
  /** Device that may be used; it stays the caller's. Null: none. A software GPU is not used: it is the same processor with more overhead. */
  gpu: OpenedDevice | null;
  now(): number;
}

/** A way of composing; those on a GPU have two ways in for frames. */
export type Way = Composer & { isDirect?: boolean };

/**
 * Opens the fastest way of composing that composes right here. The others stand by: when one fails, the next takes over with the same picture.
 * Throws MeshError `unsupported-browser` where not even a canvas can be drawn on.
 */
export async function openComposer({ size, gpu, now }: ComposerOptions): Promise<Composer> {
  const openings = [
    () => WasmComposer.open(),
    async () => new WebGlComposer(),
    ...(gpu && !gpu.isSoftware ? [() => WebGpuComposer.open(gpu.device)] : []),
  ];
  return chooseComposer(openings, size, now);
}

/** As {@link openComposer}, among given ways. A way that cannot be opened throws MeshError, and is left out. */
export async function chooseComposer(
  openings: readonly (() => Promise<Way>)[],
  size: StreamSize,
  now: () => number,
): Promise<Composer> {
  const startMs = now();
  const found: { way: Composer; ms: number }[] = [];
  for (const open of openings) {
    const opened = await openRight(open);
    if (opened) found.push({ way: opened, ms: await composingMs(opened, size, now) });
  }
  for (const { way, ms } of found) if (ms === Number.POSITIVE_INFINITY) way.dispose();
  const ways = found
    .filter(({ ms }) => ms < Number.POSITIVE_INFINITY)
    .sort((one, other) => one.ms - other.ms)
    .map(({ way }) => way);
  // Plain TypeScript needs nothing that could be missing, or lost.
  if (!ways.some(({ name }) => name === 'wasm')) ways.push(new WasmComposer(null));
  const times = Object.fromEntries(found.map(({ way, ms }) => [`${way.name}Ms`, ms]));
  log.info('chosen', { way: ways[0]?.name, ...times, tookMs: now() - startMs });
  return new FailoverComposer(ways);
}

/** Null where it does not work, or composes wrong. */
async function openRight(open: () => Promise<Way>): Promise<Way | null> {
  let way: Way | null = null;
  try {
    way = await open();
    if (!(await composesRight(way))) throw MeshError.verifyFailed('A composed picture was wrong.');
    // Browsers convert colours inexactly on some of their ways into a GPU.
    if (way.isDirect && !(await showsColours(way))) way.isDirect = false;
    return way;
  } catch (cause) {
    log.warn('not used', { way: way?.name ?? 'unopened', reason: MeshError.from(cause).reason });
    way?.dispose();
    return null;
  }
}

/** Time of loading and composing a frame, ms; infinite where it fails at this size. */
export async function composingMs(composer: Composer, size: StreamSize, now: () => number): Promise<number> {
  const { width, height, outWidth, outHeight } = size;
  const frame = evenFrame(size);
  const codes = new Uint8Array(outWidth * outHeight).fill(100);
  const target = trialTarget({ width: outWidth, height: outHeight });
  const startMs = now();
  let bestMs = Number.POSITIVE_INFINITY;
  try {
    for (let run = 0; run < MAX_RUNS; run++) {
      const runMs = now();
      const raw = await composer.load(frame);
      await composer.compose(raw, { codes, of: raw, gain: 4, weight: 0.7, deadZoneCodes: 1 }, target);
      // Waits until a GPU has drawn, which is otherwise believed to be infinitely fast.
      target.getImageData(0, 0, 1, 1);
      raw.dispose();
      const endMs = now();
      bestMs = Math.min(bestMs, endMs - runMs);
      if (run + 1 >= MIN_RUNS && endMs - startMs > MEASURING_MS) break;
    }
    return bestMs;
  } catch (cause) {
    log.warn('cannot compose', { way: composer.name, reason: MeshError.from(cause).reason, width, height });
    return Number.POSITIVE_INFINITY;
  } finally {
    frame.close();
  }
}

/** As most decoders and cameras give them. */
function evenFrame({ width, height }: StreamSize): VideoFrame {
  const data = new Uint8Array(width * height * 1.5).fill(100);
  const colorSpace = { primaries: 'bt709', transfer: 'bt709', matrix: 'bt709', fullRange: false } as const;
  return new VideoFrame(data, { format: 'I420', codedWidth: width, codedHeight: height, timestamp: 0, colorSpace });
}
