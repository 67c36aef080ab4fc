import code from '../kernels/physics.wgsl?raw';
import { COMPUTE } from '../tuning.ts';

const CONSTANTS = `const MOST_LOOKS = ${COMPUTE.bounceLooks}u;\n`;

const PASSES = ['advance', 'place', 'meet', 'bounce', 'save'] as const;
type Pass = (typeof PASSES)[number];

/** By the kernel's bindings. */
const USES: Record<Pass, readonly number[]> = {
  advance: [0, 2, 3, 4],
  place: [0, 2, 4, 5],
  meet: [0, 1, 2, 4, 5, 6, 7, 8],
  bounce: [0, 1, 2, 3, 6, 9],
  save: [0, 1, 2, 3, 10],
};

const WORKGROUP = 64;

export type PhysicsPipelines = Record<Pass, GPUComputePipeline>;

/** Once for a device. */
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

/** The passes of one task over its buffers, which are given by the number of their binding. */
export class PhysicsPasses {
  readonly #pipelines: PhysicsPipelines;
  readonly #groups: Record<Pass, GPUBindGroup>;
  /** Of each pass. */
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
    // `advance` clears the hash table as well.
    this.#workgroups = { advance: Math.ceil(sizes.slots / WORKGROUP), place: each, meet: each, bounce: 1, save: each };
  }

  step(pass: GPUComputePassEncoder): void {
    for (const name of ['advance', 'place', 'meet', 'bounce'] as const) this.#dispatch(pass, name);
  }

  /** Keeps the present state as the next checkpoint. */
  save(pass: GPUComputePassEncoder): void {
    this.#dispatch(pass, 'save');
  }

  #dispatch(pass: GPUComputePassEncoder, name: Pass): void {
    pass.setPipeline(this.#pipelines[name]);
    pass.setBindGroup(0, this.#groups[name]);
    pass.dispatchWorkgroups(this.#workgroups[name]);
  }
}
