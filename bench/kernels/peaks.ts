/** What a device reaches at best. */
export interface Peaks {
  flopsPerMs: number;
  bytesPerMs: number;
}

const WORKGROUP = 256;
/** Independent sums of a thread: enough to hide the latency of a multiply-add. */
const CHAINS = 8;
const STEPS = 512;
const RUNS = 4;

/** Measures arithmetic and memory traffic in kernels that do nothing else; a software GPU gets less to do. */
export async function measurePeaks(device: GPUDevice, isSoftware: boolean): Promise<Peaks> {
  const threads = isSoftware ? 16_384 : 4 * 1024 * 1024;
  const copiedBytes = isSoftware ? 16 * 1024 * 1024 : 128 * 1024 * 1024;
  const flops = threads * CHAINS * STEPS * 4 * 2;
  const arithmetic = arithmeticCode(device.features.has('shader-f16') ? 'f16' : 'f32');
  const flopsMs = await fastestMs(device, arithmetic, [threads * 4], threads);
  const bytesMs = await fastestMs(device, COPYING, [copiedBytes, copiedBytes], copiedBytes / 16);
  return { flopsPerMs: flops / flopsMs, bytesPerMs: (2 * copiedBytes) / bytesMs };
}

function arithmeticCode(precision: 'f16' | 'f32'): string {
  const lines = (line: (n: number) => string) => Array.from({ length: CHAINS }, (_, n) => line(n)).join('\n');
  return `${precision === 'f16' ? 'enable f16;' : ''}
@group(0) @binding(0) var<storage, read_write> result: array<f32>;
@compute @workgroup_size(${WORKGROUP})
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let at = id.y * groups.x * ${WORKGROUP} + id.x;
  let factor = vec4<${precision}>(${precision}(at & 7) * 0.001 + 0.9);
  ${lines((n) => `var s${n} = vec4<${precision}>(${precision}(at & 3) + ${n});`)}
  for (var step = 0; step < ${STEPS}; step++) {
    ${lines((n) => `s${n} = fma(s${n}, factor, vec4<${precision}>(0.5));`)}
  }
  let sum = ${Array.from({ length: CHAINS }, (_, n) => `s${n}`).join(' + ')};
  result[at] = f32(sum.x + sum.y + sum.z + sum.w);
}`;
}

const COPYING = `
@group(0) @binding(0) var<storage, read_write> result: array<vec4f>;
@group(0) @binding(1) var<storage, read_write> source: array<vec4f>;
@compute @workgroup_size(${WORKGROUP})
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let at = id.y * groups.x * ${WORKGROUP} + id.x;
  result[at] = source[at];
}`;

async function fastestMs(device: GPUDevice, code: string, sizes: number[], threads: number): Promise<number> {
  const module = device.createShaderModule({ code });
  const pipeline = await device.createComputePipelineAsync({ layout: 'auto', compute: { module, entryPoint: 'main' } });
  const buffers = sizes.map((size) => device.createBuffer({ size, usage: GPUBufferUsage.STORAGE }));
  const entries = buffers.map((buffer, binding) => ({ binding, resource: { buffer } }));
  const group = device.createBindGroup({ layout: pipeline.getBindGroupLayout(0), entries });
  // At most 65,535 workgroups along an axis.
  const across = 64;
  const down = threads / WORKGROUP / across;
  let bestMs = Number.POSITIVE_INFINITY;
  for (let run = 0; run <= RUNS; run++) {
    const startMs = performance.now();
    const encoder = device.createCommandEncoder();
    const pass = encoder.beginComputePass();
    pass.setPipeline(pipeline);
    pass.setBindGroup(0, group);
    pass.dispatchWorkgroups(across, down);
    pass.end();
    device.queue.submit([encoder.finish()]);
    await device.queue.onSubmittedWorkDone();
    if (run > 0) bestMs = Math.min(bestMs, performance.now() - startMs);
  }
  for (const buffer of buffers) buffer.destroy();
  return bestMs;
}
