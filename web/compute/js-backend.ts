import type { PackedResult, PackedTask, Steps } from '../../shared/tasks/definition.ts';
import { attachmentAt, numbersIn } from '../../shared/tasks/packing.ts';
import { readQueries } from '../../shared/tasks/pathfinding/queries.ts';
import { encodePaths } from '../../shared/tasks/pathfinding/result.ts';
import { solvePaths } from '../../shared/tasks/pathfinding/solve.ts';
import type { PathfindingParams } from '../../shared/tasks/pathfinding.ts';
import { encodeSimulated, readBodies } from '../../shared/tasks/physics/bodies.ts';
import { simulate } from '../../shared/tasks/physics/simulate.ts';
import type { PhysicsParams } from '../../shared/tasks/physics.ts';
import { render } from '../../shared/tasks/raytracing/render.ts';
import { readScene } from '../../shared/tasks/raytracing/scene.ts';
import type { RaytracingParams } from '../../shared/tasks/raytracing.ts';
import { type Backend, type BackendFrames, type FrameTarget, requireFilter, type UpscaleShape } from './backend.ts';
import { upscaleRows } from './reference/upscale.ts';
import { runInSlices, type Started, type TimeSlot } from './schedule.ts';
import { PixelFrames, type UpscalePixels } from './video-frames.ts';

/** The reference filters on the processor: for browsers without WebGPU, and where a software GPU is slower. */
export class JsBackend implements Backend {
  readonly name = 'js';
  readonly #now: () => number;

  constructor(now: () => number) {
    this.#now = now;
  }

  async startPixels(data: Uint8Array, shape: UpscaleShape, slot: TimeSlot): Promise<Started<Uint8Array<ArrayBuffer>>> {
    const { width, height, outWidth, outHeight } = shape;
    const out = new Uint8ClampedArray(outWidth * outHeight * 4);
    await runInSlices(upscaleRows({ width, height, data }, requireFilter(shape), out), this.#now, () =>
      slot.yieldNow(),
    );
    return { isDone: true, finish: async () => new Uint8Array(out.buffer) };
  }

  openFrames(target: FrameTarget): BackendFrames {
    const upscale: UpscalePixels = async (image, { outWidth, outHeight }, yieldNow) => {
      const pixels = new Uint8ClampedArray(outWidth * outHeight * 4);
      await runInSlices(upscaleRows(image, requireFilter(target), pixels), this.#now, yieldNow);
      return pixels;
    };
    return new PixelFrames(target, upscale, this.#now);
  }

  dispose(): void {
    // Nothing is held between two calls.
  }
}

/** Task types with a reference executor. Tasks were checked by their definition. The steps throw MeshError. */
const EXECUTORS: Record<string, (task: PackedTask) => Steps<PackedResult>> = {
  pathfinding: (task) => findPaths(task as PackedTask<PathfindingParams>),
  physics: (task) => simulateBodies(task as PackedTask<PhysicsParams>),
  raytracing: (task) => traceRays(task as PackedTask<RaytracingParams>),
};

/** The reference executor of a task type, on the processor. */
export function referenceExecutor(type: string): ((task: PackedTask) => Steps<PackedResult>) | undefined {
  return Object.hasOwn(EXECUTORS, type) ? EXECUTORS[type] : undefined;
}

/**
 * Speeds to offer before this machine has run a task of the type; units of the type's `cost` per ms, measured on one core of a processor of
 * 2020. `infer` counts input bytes: the steering policy takes a quarter of a millisecond for its 60. `dialogue` counts tokens.
 */
export function assumedSpeeds(): Record<string, { backend: string; unitsPerMs: number }> {
  return {
    infer: { backend: 'ort-wasm', unitsPerMs: 250 },
    dialogue: { backend: 'ort-wasm', unitsPerMs: 0.2 },
    pathfinding: { backend: 'js', unitsPerMs: 2_000 },
    physics: { backend: 'js', unitsPerMs: 800 },
    raytracing: { backend: 'js', unitsPerMs: 10_000 },
  };
}

/** Reference executor of `pathfinding`. Throws MeshError `too-large`. */
export function* findPaths({ params, attachments }: PackedTask<PathfindingParams>): Steps<PackedResult> {
  const cost = attachmentAt(attachments, 0);
  const queries = readQueries(attachmentAt(attachments, 1));
  const paths = yield* solvePaths(params, cost, queries);
  return encodePaths(params, cost, queries, paths);
}

/** Reference executor of `physics`. Throws MeshError `bad-input`, `too-large`. */
export function* simulateBodies({ params, attachments }: PackedTask<PhysicsParams>): Steps<PackedResult> {
  const bodies = readBodies(numbersIn(Float64Array, attachmentAt(attachments, 0)));
  return encodeSimulated(bodies, yield* simulate(bodies, params, params));
}

/** Reference executor of `raytracing`. */
export function* traceRays({ params, attachments }: PackedTask<RaytracingParams>): Steps<PackedResult> {
  const pixels = yield* render(readScene(attachments), params);
  return { value: null, attachments: [new Uint8Array(pixels.buffer)] };
}
