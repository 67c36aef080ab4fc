import type { PackedResult, PackedTask } from '../../../shared/tasks/definition.ts';
import { numbersIn, partOf } from '../../../shared/tasks/packing.ts';
import { encodeSimulated, readBodies } from '../../../shared/tasks/physics/bodies.ts';
import type { PhysicsParams } from '../../../shared/tasks/physics.ts';
import type { Turn } from '../schedule.ts';
import { COMPUTE } from '../tuning.ts';
import { BodyBuffers } from './body-buffers.ts';
import { compilePhysics, PhysicsPasses, type PhysicsPipelines } from './physics-passes.ts';

/** Single precision has no smaller numbers with all their digits, and it is divided by these. */
const LEAST = 1e-30;

/** `physics` on a WebGPU device, which stays its owner's. */
export class WgslSimulator {
  readonly #device: GPUDevice;
  readonly #now: () => number;
  #pipelines: Promise<PhysicsPipelines> | null = null;

  constructor(device: GPUDevice, now: () => number) {
    this.#device = device;
    this.#now = now;
  }

  /**
   * Equal tasks come out equal on one and the same device, to the last bit. Null: bodies are heaped up, or are of a size that single
   * precision does not know, and the reference is to say what becomes of them. Throws MeshError `device-lost`, `too-large`, `cancelled`.
   */
  async run({ params, attachments }: PackedTask<PhysicsParams>, turn: Turn): Promise<PackedResult | null> {
    const bodies = readBodies(numbersIn(Float64Array, partOf(attachments, 0)));
    if ([bodies.radii, bodies.masses].some((sizes) => sizes.some((size) => size < LEAST))) return null;
    this.#pipelines ??= compilePhysics(this.#device);
    const pipelines = await this.#pipelines;
    const buffers = await BodyBuffers.create(this.#device, params, bodies);
    try {
      const { bound, slots } = buffers;
      const passes = new PhysicsPasses(this.#device, pipelines, bound, { bodies: params.bodies, slots });
      const touched = await this.#simulate(buffers, passes, params, turn);
      const simulated = touched === null ? null : await buffers.read(bodies, touched);
      return simulated && encodeSimulated(bodies, simulated);
    } finally {
      buffers.dispose();
    }
  }

  /** Different pairs that touched; null: it came to nothing. In batches of steps, with frames let in between. */
  async #simulate(
    buffers: BodyBuffers,
    passes: PhysicsPasses,
    { steps, checkpointEvery }: PhysicsParams,
    turn: Turn,
  ): Promise<number | null> {
    const { minBatchSteps, maxBatchSteps, sliceMs } = COMPUTE;
    for (let done = 0, batch: number = minBatchSteps; ; ) {
      const startMs = this.#now();
      const until = Math.min(steps, done + batch);
      const encoder = this.#device.createCommandEncoder();
      const pass = encoder.beginComputePass();
      while (done < until) {
        passes.step(pass);
        done++;
        if (done % checkpointEvery === 0 && done < steps) passes.save(pass);
      }
      pass.end();
      buffers.encodeTelling(encoder);
      this.#device.queue.submit([encoder.finish()]);
      const { touched, isTrouble } = await buffers.told();
      if (isTrouble) return null;
      if (done === steps) return touched;
      const next = this.#now() - startMs < sliceMs ? batch * 2 : batch >> 1;
      batch = Math.min(maxBatchSteps, Math.max(minBatchSteps, next));
      await turn.giveWay();
    }
  }
}
