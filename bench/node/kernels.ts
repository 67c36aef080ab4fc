import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { measureKernels, modelsFrom } from '../kernels/measure.ts';

/** What the npm package `webgpu` exports, which is no dependency of ours: it weighs 100 MB. */
interface WebgpuPackage {
  create(options: string[]): GPU;
  globals: Record<string, unknown>;
}

/**
 * The same measurements in Node, on whatever Vulkan, Metal or D3D12 device there is.
 * @param folder the models'
 */
export async function measureInNode({ create, globals }: WebgpuPackage, folder: string) {
  Object.assign(globalThis, globals);
  const models = modelsFrom(async (name) => Uint8Array.from(await readFile(join(folder, name))).buffer);
  // Work on its GPU alone does not keep Node from ending.
  const staying = setInterval(() => {}, 1_000);
  try {
    return await measureKernels(create([]), models);
  } finally {
    clearInterval(staying);
  }
}
