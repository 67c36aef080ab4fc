/** Passes measured at a time: as many as may be in flight. Beyond that, none is measured. */
const MAX_TIMED = 8;
/** Begin and end, 64 bits each. */
const STAMPS_BYTES = 16;
const NS_PER_MS = 1e6;

interface Slot {
  queries: GPUQuerySet;
  resolved: GPUBuffer;
  readable: GPUBuffer;
}

/** One compute pass that is being measured. */
export interface TimedPass {
  /** For the pass's descriptor. */
  readonly timestampWrites: GPUComputePassTimestampWrites;
  /** Encodes the copy of the times. Call it after the pass, before the encoder is finished. */
  encode(encoder: GPUCommandEncoder): void;
  /** Resolves to how long the GPU computed, ms; null when it does not tell. Call it once, after the submission. Never rejects. */
  read(): Promise<number | null>;
}

/** Measures how long the GPU computes, by its own clock (WebGPU `timestamp-query`), without what else the browser waits for. */
export class GpuTimer {
  readonly #device: GPUDevice;
  readonly #free: Slot[] = [];
  #slots = 0;

  constructor(device: GPUDevice) {
    this.#device = device;
  }

  /** Null where the device has no such clock, and while many passes are in flight. */
  begin(): TimedPass | null {
    if (!this.#device.features.has('timestamp-query')) return null;
    const slot = this.#free.pop() ?? (this.#slots < MAX_TIMED ? this.#newSlot() : null);
    if (!slot) return null;
    const { queries, resolved, readable } = slot;
    return {
      timestampWrites: { querySet: queries, beginningOfPassWriteIndex: 0, endOfPassWriteIndex: 1 },
      encode(encoder) {
        encoder.resolveQuerySet(queries, 0, 2, resolved, 0);
        encoder.copyBufferToBuffer(resolved, 0, readable, 0, STAMPS_BYTES);
      },
      read: async () => {
        try {
          await readable.mapAsync(GPUMapMode.READ);
          const [begin = 0n, end = 0n] = new BigUint64Array(readable.getMappedRange());
          readable.unmap();
          this.#free.push(slot);
          return msBetween(begin, end);
        } catch {
          // The device was lost.
          return null;
        }
      },
    };
  }

  dispose(): void {
    for (const { queries, resolved, readable } of this.#free.splice(0)) {
      queries.destroy();
      resolved.destroy();
      readable.destroy();
    }
  }

  #newSlot(): Slot {
    this.#slots++;
    const buffer = (usage: number) => this.#device.createBuffer({ label: 'timestamps', size: STAMPS_BYTES, usage });
    return {
      queries: this.#device.createQuerySet({ type: 'timestamp', count: 2 }),
      resolved: buffer(GPUBufferUsage.QUERY_RESOLVE | GPUBufferUsage.COPY_SRC),
      readable: buffer(GPUBufferUsage.COPY_DST | GPUBufferUsage.MAP_READ),
    };
  }
}

/** Time between two stamps, ns, in ms; null where one was not written, or the clock was reset between them by a change of power state. */
export function msBetween(begin: bigint, end: bigint): number | null {
  return begin === 0n || end < begin ? null : Number(end - begin) / NS_PER_MS;
}
