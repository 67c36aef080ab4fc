import * as library from 'anime4k-webgpu';
import { weightsIn } from '../quality/anime4k-weights.ts';
import type { Contender } from './contender.ts';
import type { BenchPicture } from './ours.ts';

const NAMES = ['CNNx2M', 'CNNx2VL', 'CNNx2UL'] as const;

/** Where it is not bundled, Node has all that the package exports under `default`. */
const classes: typeof library = 'default' in library ? (library.default as typeof library) : library;

/** The npm package's networks of the same kind, as its users run them. */
export function anime4kNetworks(device: GPUDevice, { texture }: BenchPicture): Contender[] {
  return NAMES.map((name) => {
    const codes: string[] = [];
    const pipeline = withCodesNoted(device, codes, () => new classes[name]({ device, inputTexture: texture }));
    const run = () => {
      const encoder = device.createCommandEncoder();
      pipeline.pass(encoder);
      device.queue.submit([encoder.finish()]);
    };
    return { name, parameters: codes.reduce((sum, code) => sum + weightsIn(code), 0), run };
  });
}

function withCodesNoted<T>(device: GPUDevice, codes: string[], make: () => T): T {
  const create = device.createShaderModule.bind(device);
  device.createShaderModule = (descriptor) => {
    codes.push(descriptor.code);
    return create(descriptor);
  };
  try {
    return make();
  } finally {
    Reflect.deleteProperty(device, 'createShaderModule');
  }
}
