/** A compiled kernel. */
export interface Kernel {
  pipeline: GPUComputePipeline;
  layout: GPUBindGroupLayout;
  /** Pixels of its result that a workgroup makes, across and down. */
  workgroup: readonly [number, number];
}

/** By the number of the binding. */
export type Bindings = Readonly<Record<number, GPUBindingResource>>;

/** One kernel over one picture. What it was bound to last stays bound: pictures of a shape go through the same textures. */
export class Step {
  readonly #device: GPUDevice;
  readonly #kernel: Kernel;
  readonly #workgroups: readonly [number, number];
  #bound: { bindings: Bindings; group: GPUBindGroup } | null = null;

  /** @param size of what it makes, pixels. */
  constructor(device: GPUDevice, kernel: Kernel, size: { width: number; height: number }) {
    this.#device = device;
    this.#kernel = kernel;
    const [across, down] = kernel.workgroup;
    this.#workgroups = [Math.ceil(size.width / across), Math.ceil(size.height / down)];
  }

  encode(pass: GPUComputePassEncoder, bindings: Bindings): void {
    pass.setPipeline(this.#kernel.pipeline);
    pass.setBindGroup(0, this.#group(bindings));
    pass.dispatchWorkgroups(...this.#workgroups);
  }

  #group(bindings: Bindings): GPUBindGroup {
    const entries = Object.entries(bindings).map(([binding, resource]) => ({ binding: Number(binding), resource }));
    if (this.#bound && entries.every(({ binding, resource }) => this.#bound?.bindings[binding] === resource)) {
      return this.#bound.group;
    }
    const group = this.#device.createBindGroup({ layout: this.#kernel.layout, entries });
    this.#bound = { bindings, group };
    return group;
  }
}
