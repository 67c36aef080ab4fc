const LAYER = /^\s*\/\/ Layer: Anime4K/;
const CONSTANTS = /(?:mat4x4|vec4)(?:f|<f32>)\(([-+.\de, ]+)\)/g;

/** Weights and biases of one layer's shader; the zeros fill up a first layer's three colours to four. */
export function weightsIn(code: string): number {
  if (!LAYER.test(code)) return 0;
  let count = 0;
  for (const [, list = ''] of code.matchAll(CONSTANTS)) {
    const values = list.split(',').map(Number);
    if (values.length >= 4) count += values.filter((value) => value !== 0).length;
  }
  return count;
}
