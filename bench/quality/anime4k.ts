import * as library from 'anime4k-webgpu';

const NAMES = ['CNNx2M', 'CNNx2VL', 'CNNx2UL'] as const;
/** Node, where the package is not bundled, has all its exports under `default`. */
const classes: typeof library = 'default' in library ? (library.default as typeof library) : library;

const LAYER = /^\s*\/\/ Layer: Anime4K/;
const CONSTANTS = /(?:mat4x4|vec4)(?:f|<f32>)\(([-+.\de, ]+)\)/g;

/** The networks of the npm package anime4k-webgpu that double a picture, as its users run them. */
export function anime4kPipelines(device: GPUDevice, inputTexture: GPUTexture) {
  return NAMES.map((name) => {
    let parameters = 0;
    // The weights are in the shaders and nowhere else.
    device.createShaderModule = (descriptor) => {
      parameters += weightsIn(descriptor.code);
      return GPUDevice.prototype.createShaderModule.call(device, descriptor);
    };
    const pipeline = new classes[name]({ device, inputTexture });
    Reflect.deleteProperty(device, 'createShaderModule');
    return { name, parameters, pipeline };
  });
}

/** Weights and biases of one layer's shader. The zeros pad the three colours of a first layer to four. */
function weightsIn(code: string): number {
  if (!LAYER.test(code)) return 0;
  let count = 0;
  for (const [, list = ''] of code.matchAll(CONSTANTS)) {
    const values = list.split(',').map(Number);
    if (values.length >= 4) count += values.filter((value) => value !== 0).length;
  }
  return count;
}
