import type { PackedResult, PackedTask, Steps } from '../../../shared/tasks/definition.ts';
import { attachmentAt, numbersIn } from '../../../shared/tasks/packing.ts';
import { encodeSimulated, readBodies } from '../../../shared/tasks/physics/bodies.ts';
import { type Collided, collisionsOf } from '../../../shared/tasks/physics/simulate.ts';
import type { PhysicsParams } from '../../../shared/tasks/physics.ts';
import code from '../kernels/physics.wgsl?raw';
import { runInSlices, SLICE_MS, type TimeSlot } from '../schedule.ts';
import { BodyBuffers } from './body-buffers.ts';

/** Steps between two checks of the progress; each check takes some ms. Powers of two. */
const MIN_BATCH_STEPS = 4;
const MAX_BATCH_STEPS = 256;

/** Times that each of the 256 threads may visit a contact in one step: some 10 ms. Heaps that need more are left to the processor. */
const MAX_PAIR_VISITS = 4_096;

/** Smallest radius or mass: single precision has no smaller normal numbers, and they are divisors. */
const MIN_SIZE = 1e-30;

/** `physics` on a WebGPU device that it does not own. */
export class WgslSimulator {
  readonly #device: GPUDevice;
  readonly #now: () => number;
  #pipelines: Promise<PhysicsPipelines> | null = null;

  constructor(device: GPUDevice, now: () => number) {
    this.#device = device;
    this.#now = now;
  }

  /**
   * Equal tasks give equal results to the last bit on the same device. Null when bodies are heaped up, or smaller than single precision can
   * represent: then the reference must run the task. Throws MeshError `device-lost`, `too-large`, `cancelled`.
   */
  async run({ params, attachments }: PackedTask<PhysicsParams>, slot: TimeSlot): Promise<PackedResult | null> {
    const bodies = readBodies(numbersIn(Float64Array, attachmentAt(attachments, 0)));
    if ([bodies.radii, bodies.masses].some((sizes) => sizes.some((size) => size < MIN_SIZE))) return null;
    this.#pipelines ??= compilePhysics(this.#device);
    const pipelines = await this.#pipelines;
    const buffers = await BodyBuffers.create(this.#device, params, bodies);
    try {
      const { bound, slots } = buffers;
      const passes = new PhysicsPasses(this.#device, pipelines, bound, { bodies: params.bodies, slots });
      const touched = await this.#simulate(buffers, passes, params, slot);
      const read = touched === null ? null : await buffers.read(bodies, touched);
      if (!read) return null;
      const collided = await runInSlices(gathered(read.touched), this.#now, () => slot.yieldNow());
      return encodeSimulated(bodies, { checkpoints: read.checkpoints, ...collided });
    } finally {
      buffers.dispose();
    }
  }

  /** Number of different pairs that touched; null when the kernel gave up. Runs batches of steps and yields to frames in between. */
  async #simulate(
    buffers: BodyBuffers,
    passes: PhysicsPasses,
    { steps, checkpointEvery }: PhysicsParams,
    slot: TimeSlot,
  ): Promise<number | null> {
    for (let done = 0, batch: number = MIN_BATCH_STEPS; ; ) {
      const startMs = this.#now();
      const until = Math.min(steps, done + batch);
      const encoder = this.#device.createCommandEncoder();
      const pass = encoder.beginComputePass();
      while (done < until) {
        passes.step(pass);
        done++;
        if (done % checkpointEvery === 0 && done < steps) passes.saveCheckpoint(pass);
      }
      pass.end();
      buffers.encodeProgressCopy(encoder);
      this.#device.queue.submit([encoder.finish()]);
      const { touched, hasFailed } = await buffers.readProgress();
      if (hasFailed) return null;
      if (done === steps) return touched;
      const next = this.#now() - startMs < SLICE_MS ? batch * 2 : batch >> 1;
      batch = Math.min(MAX_BATCH_STEPS, Math.max(MIN_BATCH_STEPS, next));
      await slot.yieldNow();
    }
  }
}

/** Pairs that are looked at between two yields: half a millisecond. */
const PAIRS_PER_STEP = 8 * 1024;

/** @param touched - numbers of pairs, and their segments. */
function* gathered(touched: Uint32Array): Steps<Collided> {
  const segments = new Map<number, number>();
  for (let at = 0; at < touched.length; at += 2) {
    segments.set(touched[at] ?? 0, touched[at + 1] ?? 0);
    if (segments.size % PAIRS_PER_STEP === 0) yield;
  }
  return yield* collisionsOf(segments);
}

const CONSTANTS = `const MAX_PAIR_VISITS = ${MAX_PAIR_VISITS}u;\n`;

const PASSES = ['integrate', 'insert', 'findContacts', 'resolveContacts', 'saveCheckpoint'] as const;
type Pass = (typeof PASSES)[number];

/** The bindings that each pass uses. */
const USES: Record<Pass, readonly number[]> = {
  integrate: [0, 2, 3, 4],
  insert: [0, 2, 4, 5],
  findContacts: [0, 1, 2, 4, 5, 6, 7, 8],
  resolveContacts: [0, 1, 2, 3, 6, 9],
  saveCheckpoint: [0, 1, 2, 3, 10],
};

const WORKGROUP = 64;

export type PhysicsPipelines = Record<Pass, GPUComputePipeline>;

/** Compiled once per device. */
export async function compilePhysics(device: GPUDevice): Promise<PhysicsPipelines> {
  const module = device.createShaderModule({ label: 'physics', code: CONSTANTS + code });
  const compiled = await Promise.all(
    PASSES.map(async (entryPoint) => {
      const compute = { module, entryPoint };
      return [
        entryPoint,
        await device.createComputePipelineAsync({ label: entryPoint, layout: 'auto', compute }),
      ] as const;
    }),
  );
  return Object.fromEntries(compiled) as PhysicsPipelines;
}

/** The passes of one task over its buffers, which are given by binding number. */
export class PhysicsPasses {
  readonly #pipelines: PhysicsPipelines;
  readonly #groups: Record<Pass, GPUBindGroup>;
  /** By pass. */
  readonly #workgroups: Record<Pass, number>;

  constructor(
    device: GPUDevice,
    pipelines: PhysicsPipelines,
    buffers: readonly GPUBuffer[],
    sizes: { bodies: number; slots: number },
  ) {
    this.#pipelines = pipelines;
    const bind = (pass: Pass) =>
      device.createBindGroup({
        layout: pipelines[pass].getBindGroupLayout(0),
        entries: buffers.flatMap((buffer, binding) =>
          USES[pass].includes(binding) ? [{ binding, resource: { buffer } }] : [],
        ),
      });
    this.#groups = Object.fromEntries(PASSES.map((pass) => [pass, bind(pass)])) as Record<Pass, GPUBindGroup>;
    const each = Math.ceil(sizes.bodies / WORKGROUP);
    // `integrate` also clears the hash table.
    this.#workgroups = {
      integrate: Math.ceil(sizes.slots / WORKGROUP),
      insert: each,
      findContacts: each,
      resolveContacts: 1,
      saveCheckpoint: each,
    };
  }

  step(pass: GPUComputePassEncoder): void {
    for (const name of ['integrate', 'insert', 'findContacts', 'resolveContacts'] as const) this.#dispatch(pass, name);
  }

  /** Stores the present state as the next checkpoint. */
  saveCheckpoint(pass: GPUComputePassEncoder): void {
    this.#dispatch(pass, 'saveCheckpoint');
  }

  #dispatch(pass: GPUComputePassEncoder, name: Pass): void {
    pass.setPipeline(this.#pipelines[name]);
    pass.setBindGroup(0, this.#groups[name]);
    pass.dispatchWorkgroups(this.#workgroups[name]);
  }
}
