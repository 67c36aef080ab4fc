import { MeshError } from '../../../shared/errors.ts';
import type { GridShape } from '../../../shared/tasks/pathfinding/grid.ts';
import code from '../kernels/flow-field.wgsl?raw';
import { SLICE_MS, type TimeSlot } from '../schedule.ts';
import { type Allocated, allocate, readBuffer } from './gpu-buffers.ts';

/** Passes over a grid between two checks whether a cell still changes; each check takes some ms. Powers of two. */
const MIN_PASSES = 8;
const MAX_PASSES = 512;

/** Cells along a side of a tile. */
const SIDE = 16;
const WORKGROUP = 64;
/** In place of a direction: a wall, a cell from which the goal cannot be reached, or the goal. */
export const NO_DIRECTION = 8;
/** Iterations over a tile in one pass: enough for a winding wave to cross it, and few enough not to hold up the other tiles. */
const ROUNDS = 48;

const CONSTANTS = `const SIDE = ${SIDE}u;
const ROUNDS = ${ROUNDS}u;
const NO_DIRECTION = ${NO_DIRECTION}u;
`;

/** Compiled once per device. */
export interface FlowFieldPipelines {
  initialize: GPUComputePipeline;
  relax: GPUComputePipeline;
  extractDirections: GPUComputePipeline;
}

export async function compileFlowField(device: GPUDevice): Promise<FlowFieldPipelines> {
  const module = device.createShaderModule({ label: 'flow field', code: CONSTANTS + code });
  const compile = (entryPoint: string) =>
    device.createComputePipelineAsync({ label: entryPoint, layout: 'auto', compute: { module, entryPoint } });
  const [initialize, relax, extractDirections] = await Promise.all([
    compile('initialize'),
    compile('relax'),
    compile('extractDirections'),
  ]);
  return { initialize, relax, extractDirections };
}

interface FlowFieldParts {
  device: GPUDevice;
  now(): number;
  pipelines: FlowFieldPipelines;
  shape: GridShape;
}

/**
 * Flow fields over one grid, for one goal after another, in the same buffers. Each cell gets the direction of its cheapest path to the
 * goal.
 */
export class FlowField {
  readonly #parts: FlowFieldParts;
  readonly #buffers: Buffers;
  readonly #destroy: () => void;
  /** Bind groups for the two directions between the ping-pong buffers. */
  readonly #initializeGroups: readonly [GPUBindGroup, GPUBindGroup];
  readonly #relaxGroups: readonly [GPUBindGroup, GPUBindGroup];
  readonly #extractGroup: GPUBindGroup;
  /** Passes between two checks whether a cell still changes. Adapts to how long they take. */
  #passes: number = MIN_PASSES;

  private constructor(parts: FlowFieldParts, { buffers, destroy }: Allocated<Buffers>) {
    this.#parts = parts;
    this.#buffers = buffers;
    this.#destroy = destroy;
    const { initialize, relax, extractDirections } = parts.pipelines;
    const { params, cost, distances, dirtyTiles, changeCount, directions } = buffers;
    const [one, other] = distances;
    const [oneDirty, otherDirty] = dirtyTiles;
    this.#initializeGroups = [
      this.#bind(initialize, { 0: params, 3: one, 5: oneDirty }),
      this.#bind(initialize, { 0: params, 3: other, 5: otherDirty }),
    ];
    const both = { 0: params, 1: cost, 6: changeCount };
    this.#relaxGroups = [
      this.#bind(relax, { ...both, 2: one, 3: other, 4: oneDirty, 5: otherDirty }),
      this.#bind(relax, { ...both, 2: other, 3: one, 4: otherDirty, 5: oneDirty }),
    ];
    this.#extractGroup = this.#bind(extractDirections, { 0: params, 1: cost, 2: one, 7: directions });
  }

  /** Throws MeshError `too-large`, `device-lost`. */
  static async create(parts: FlowFieldParts, cost: Uint8Array): Promise<FlowField> {
    const { device, shape } = parts;
    const cells = shape.width * shape.height;
    const tiles = Math.ceil(shape.width / SIDE) * Math.ceil(shape.height / SIDE);
    const { STORAGE, UNIFORM, COPY_DST, COPY_SRC, MAP_READ } = GPUBufferUsage;
    const allocated = await allocate(device, 'the grid', (buffer) => ({
      params: buffer('params', 16, UNIFORM | COPY_DST),
      cost: buffer('cost', wordBytes(cells), STORAGE | COPY_DST),
      distances: [buffer('distances', cells * 8, STORAGE), buffer('distances', cells * 8, STORAGE)] as const,
      dirtyTiles: [buffer('dirty tiles', tiles * 4, STORAGE), buffer('dirty tiles', tiles * 4, STORAGE)] as const,
      changeCount: buffer('change count', 4, STORAGE | COPY_DST | COPY_SRC),
      changeCountReadback: buffer('change count readback', 4, MAP_READ | COPY_DST),
      directions: buffer('directions', wordBytes(cells), STORAGE | COPY_SRC),
      readback: buffer('readback', wordBytes(cells), MAP_READ | COPY_DST),
    }));
    const padded = new Uint8Array(wordBytes(cells));
    padded.set(cost);
    device.queue.writeBuffer(allocated.buffers.cost, 0, padded);
    return new FlowField(parts, allocated);
  }

  /**
   * The direction of each cell's next step towards the goal, or {@link NO_DIRECTION}. Cells are numbered row by row. Equal grids give equal
   * directions. Yields to frames between passes. Throws MeshError `device-lost`, `cancelled`, `volunteer-failed`.
   */
  async directionsTo(goal: number, slot: TimeSlot): Promise<Uint8Array> {
    const { device, pipelines, shape } = this.#parts;
    const { width, height, neighbours } = shape;
    const cells = width * height;
    device.queue.writeBuffer(this.#buffers.params, 0, Uint32Array.of(width, height, neighbours, goal));
    const encoder = device.createCommandEncoder();
    const pass = encoder.beginComputePass();
    pass.setPipeline(pipelines.initialize);
    for (const group of this.#initializeGroups) {
      pass.setBindGroup(0, group);
      pass.dispatchWorkgroups(Math.ceil(cells / WORKGROUP));
    }
    pass.end();
    device.queue.submit([encoder.finish()]);
    for (let done = 0; ; ) {
      const startMs = this.#parts.now();
      const passes = this.#passes;
      done += passes;
      const isSettled = !(await this.#runPasses(passes));
      const tookMs = this.#parts.now() - startMs;
      this.#passes = Math.min(MAX_PASSES, Math.max(MIN_PASSES, tookMs < SLICE_MS ? passes * 2 : passes >> 1));
      if (isSettled) return this.#readDirections();
      // Each pass settles at least one more step of every path. More passes than cells mean that the GPU computes wrong.
      if (done > cells + passes) {
        throw new MeshError('volunteer-failed', 'The GPU does not finish a path search. Update its driver.');
      }
      await slot.yieldNow();
    }
  }

  dispose(): void {
    this.#destroy();
  }

  /** Whether the last of the passes still changed anything. */
  async #runPasses(passes: number): Promise<boolean> {
    const { device } = this.#parts;
    const { changeCount, changeCountReadback } = this.#buffers;
    const encoder = device.createCommandEncoder();
    // An even number in all: each check begins in the same buffer.
    this.#encode(encoder, passes - 1, 0);
    encoder.clearBuffer(changeCount);
    this.#encode(encoder, 1, (passes - 1) % 2);
    encoder.copyBufferToBuffer(changeCount, 0, changeCountReadback, 0, 4);
    device.queue.submit([encoder.finish()]);
    const [changed] = new Uint32Array(await readBuffer(changeCountReadback));
    return changed !== 0;
  }

  #encode(encoder: GPUCommandEncoder, passes: number, from: number): void {
    const { pipelines, shape } = this.#parts;
    const pass = encoder.beginComputePass();
    pass.setPipeline(pipelines.relax);
    for (let i = from; i < from + passes; i++) {
      pass.setBindGroup(0, this.#relaxGroups[i % 2 === 0 ? 0 : 1]);
      pass.dispatchWorkgroups(Math.ceil(shape.width / SIDE), Math.ceil(shape.height / SIDE));
    }
    pass.end();
  }

  async #readDirections(): Promise<Uint8Array> {
    const { device, pipelines, shape } = this.#parts;
    const { directions, readback } = this.#buffers;
    const cells = shape.width * shape.height;
    const encoder = device.createCommandEncoder();
    const pass = encoder.beginComputePass();
    pass.setPipeline(pipelines.extractDirections);
    pass.setBindGroup(0, this.#extractGroup);
    pass.dispatchWorkgroups(Math.ceil(cells / 4 / WORKGROUP));
    pass.end();
    encoder.copyBufferToBuffer(directions, 0, readback, 0, wordBytes(cells));
    device.queue.submit([encoder.finish()]);
    return new Uint8Array(await readBuffer(readback), 0, cells);
  }

  #bind(pipeline: GPUComputePipeline, buffers: Record<number, GPUBuffer>): GPUBindGroup {
    const entries = Object.entries(buffers).map(([binding, buffer]) => ({
      binding: Number(binding),
      resource: { buffer },
    }));
    return this.#parts.device.createBindGroup({ layout: pipeline.getBindGroupLayout(0), entries });
  }
}

interface Buffers {
  params: GPUBuffer;
  cost: GPUBuffer;
  distances: readonly [GPUBuffer, GPUBuffer];
  dirtyTiles: readonly [GPUBuffer, GPUBuffer];
  changeCount: GPUBuffer;
  changeCountReadback: GPUBuffer;
  directions: GPUBuffer;
  readback: GPUBuffer;
}

/** Bytes for one byte per cell, rounded up to whole words. */
function wordBytes(cells: number): number {
  return Math.ceil(cells / 4) * 4;
}
