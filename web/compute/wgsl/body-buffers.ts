import { numbersIn } from '../../../shared/tasks/packing.ts';
import { type Bodies, checkpointCount, PHYSICS, stateBytes } from '../../../shared/tasks/physics/bodies.ts';
import { usualWidth } from '../../../shared/tasks/physics/pairs.ts';
import type { PhysicsParams } from '../../../shared/tasks/physics.ts';
import { type Allocated, allocate, readBuffer } from './gpu-buffers.ts';

/** Contacts that one step may have, per body. A packed heap has six. */
const CONTACTS_PER_BODY = 8;

/** Sizes of the kernel's structs `World` and `Progress`. */
const WORLD_BYTES = 48;
const PROGRESS_BYTES = 16;
/** Size of an entry for a pair that touched: its number, and its segment. */
const TOUCHED_BYTES = 8;
/** Elements of a body's position and radius, or velocity and mass. */
const VEC4 = 4;
/** Cells are wider than most bodies by this factor, so that rounding never leads a contact beyond the neighbouring cells. */
const CELL_ROOM = 1.01;

type Buffers = ReturnType<typeof make>;

/** What a simulation leaves beside its last state. */
interface ReadResult {
  checkpoints: Float32Array;
  /** All pairs that touched, in any order: of each its number, and the segment between two checkpoints in which it first did. */
  touched: Uint32Array;
}

/** The GPU buffers of one simulation. */
export class BodyBuffers {
  /** Slots of the hash table of cells. */
  readonly slots: number;
  /** By binding number of the kernel. */
  readonly bound: readonly GPUBuffer[];
  readonly #device: GPUDevice;
  readonly #params: PhysicsParams;
  readonly #buffers: Buffers;
  readonly #destroy: () => void;

  private constructor(device: GPUDevice, params: PhysicsParams, { buffers, destroy }: Allocated<Buffers>) {
    const {
      world,
      progress,
      positions,
      velocities,
      cellHeads,
      nextInCell,
      pairs,
      touchedTable,
      touchedList,
      firstPairs,
    } = buffers;
    this.slots = sizesFor(params.bodies).slots;
    this.bound = [
      ...[world, progress, positions, velocities, cellHeads, nextInCell, pairs],
      ...[touchedTable, touchedList, firstPairs, buffers.checkpoints],
    ];
    this.#device = device;
    this.#params = params;
    this.#buffers = buffers;
    this.#destroy = destroy;
  }

  /** Throws MeshError `too-large`, `device-lost`. */
  static async create(device: GPUDevice, params: PhysicsParams, bodies: Bodies): Promise<BodyBuffers> {
    const allocated = await allocate(device, 'the bodies', (buffer) => make(buffer, params));
    const { world, positions, velocities } = allocated.buffers;
    device.queue.writeBuffer(world, 0, worldBytes(params, bodies));
    device.queue.writeBuffer(positions, 0, joined(bodies.positions, bodies.radii));
    device.queue.writeBuffer(velocities, 0, joined(bodies.velocities, bodies.masses));
    return new BodyBuffers(device, params, allocated);
  }

  /** Encodes a copy of the progress after the passes that were encoded before. */
  encodeProgressCopy(encoder: GPUCommandEncoder): void {
    encoder.copyBufferToBuffer(this.#buffers.progress, 0, this.#buffers.progressReadback, 0, PROGRESS_BYTES);
  }

  /** The copied progress. `touched`: different pairs that touched so far. Throws MeshError `device-lost`. */
  async readProgress(): Promise<{ touched: number; hasFailed: boolean }> {
    const [, touched = 0, failed] = new Uint32Array(await readBuffer(this.#buffers.progressReadback));
    return { touched, hasFailed: failed !== 0 };
  }

  /**
   * Writes the final positions and velocities to the bodies; null when one of them is not finite. Throws MeshError `too-large`, `device-
   * lost`.
   */
  async read(bodies: Bodies, touched: number): Promise<ReadResult | null> {
    const { positions, velocities, checkpoints, touchedList } = this.#buffers;
    const stateSize = this.#params.bodies * VEC4 * 4;
    const [placesBytes, speedsBytes, checkpointsBytes, touchedBytes] = await this.#copies([
      [positions, stateSize],
      [velocities, stateSize],
      [checkpoints, checkpointBytes(this.#params)],
      [touchedList, touched * TOUCHED_BYTES],
    ]);
    const floats = [placesBytes, speedsBytes, checkpointsBytes].map((bytes) => numbersIn(Float32Array, bytes));
    const [placed, moving, states] = floats;
    if (!placed || !moving || !states || !floats.every((numbers) => numbers.every(Number.isFinite))) return null;
    bodies.positions.set(vectorsOf(placed));
    bodies.velocities.set(vectorsOf(moving));
    return { checkpoints: states.slice(), touched: numbersIn(Uint32Array, touchedBytes) };
  }

  dispose(): void {
    this.#destroy();
  }

  /** All in one copy, because each readback takes some ms. */
  async #copies<const Parts extends readonly (readonly [GPUBuffer, number])[]>(parts: Parts) {
    const sizeBytes = parts.reduce((sum, [, size]) => sum + size, 0);
    const { MAP_READ, COPY_DST } = GPUBufferUsage;
    const { buffers: readback, destroy } = await allocate(this.#device, 'the bodies', (buffer) =>
      buffer('readback', sizeBytes, MAP_READ | COPY_DST),
    );
    try {
      const encoder = this.#device.createCommandEncoder();
      let end = 0;
      const positions = parts.map(([buffer, size]) => {
        if (size > 0) encoder.copyBufferToBuffer(buffer, 0, readback, end, size);
        end += size;
        return [end - size, size] as const;
      });
      this.#device.queue.submit([encoder.finish()]);
      const bytes = await readBuffer(readback);
      return positions.map(([at, size]) => new Uint8Array(bytes, at, size)) as { [K in keyof Parts]: Uint8Array };
    } finally {
      destroy();
    }
  }
}

function make(buffer: Parameters<Parameters<typeof allocate>[2]>[0], params: PhysicsParams) {
  const count = params.bodies;
  const { slots, pairs, touched, touchedSlots } = sizesFor(count);
  const { STORAGE, UNIFORM, COPY_DST, COPY_SRC, MAP_READ } = GPUBufferUsage;
  return {
    world: buffer('world', WORLD_BYTES, UNIFORM | COPY_DST),
    progress: buffer('progress', PROGRESS_BYTES, STORAGE | COPY_SRC),
    progressReadback: buffer('progress readback', PROGRESS_BYTES, MAP_READ | COPY_DST),
    positions: buffer('places', count * VEC4 * 4, STORAGE | COPY_DST | COPY_SRC),
    velocities: buffer('speeds', count * VEC4 * 4, STORAGE | COPY_DST | COPY_SRC),
    cellHeads: buffer('heads', slots * 4, STORAGE),
    nextInCell: buffer('nexts', count * 4, STORAGE),
    pairs: buffer('pairs', pairs * 4, STORAGE),
    touchedTable: buffer('touched table', touchedSlots * 4, STORAGE),
    touchedList: buffer('touched list', touched * TOUCHED_BYTES, STORAGE | COPY_SRC),
    firstPairs: buffer('turns', count * 4, STORAGE),
    // A binding must not be empty.
    checkpoints: buffer('checkpoints', Math.max(4, checkpointBytes(params)), STORAGE | COPY_SRC),
  };
}

function sizesFor(bodies: number) {
  const touched = Math.min(PHYSICS.maxCollisions, Math.max(1, (bodies * (bodies - 1)) / 2));
  return {
    slots: powerOfTwo(2 * bodies),
    pairs: bodies * CONTACTS_PER_BODY,
    touched,
    touchedSlots: powerOfTwo(2 * touched),
  };
}

function worldBytes(params: PhysicsParams, bodies: Bodies): ArrayBuffer {
  const { slots, pairs, touched, touchedSlots } = sizesFor(params.bodies);
  const { gravity, timestepS, restitution, checkpointEvery } = params;
  const bytes = new ArrayBuffer(WORLD_BYTES);
  const [floats, words] = [new Float32Array(bytes), new Uint32Array(bytes)];
  floats.set([...gravity, timestepS, restitution]);
  words[5] = params.bodies;
  floats[6] = usualWidth(bodies.radii) * CELL_ROOM;
  words.set([slots - 1, pairs, touched, touchedSlots - 1, checkpointEvery], 7);
  return bytes;
}

function checkpointBytes(params: PhysicsParams): number {
  return checkpointCount(params) * stateBytes(params.bodies);
}

function powerOfTwo(atLeast: number): number {
  return 2 ** Math.ceil(Math.log2(atLeast));
}

/** Interleaves three-component vectors with a fourth component. */
function joined(vectors: Float64Array, lasts: Float64Array): Float32Array<ArrayBuffer> {
  return Float32Array.from({ length: lasts.length * VEC4 }, (_, i) => {
    const body = Math.trunc(i / VEC4);
    return (i % VEC4 === 3 ? lasts[body] : vectors[body * 3 + (i % VEC4)]) ?? 0;
  });
}

function vectorsOf(read: Float32Array): Float64Array {
  return Float64Array.from(
    { length: (read.length / VEC4) * 3 },
    (_, i) => read[Math.trunc(i / 3) * VEC4 + (i % 3)] ?? 0,
  );
}
