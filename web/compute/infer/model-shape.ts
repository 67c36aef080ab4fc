import { MeshError } from '../../../shared/errors.ts';
import { isTensorType, shapeWords, type TensorHeader, type TensorType } from '../../../shared/tasks/infer/tensors.ts';
import type { OnnxSession } from '../ort/onnx-sessions.ts';

/** Sizes of a tensor's axes. An open size has a name, or is negative. */
type Dims = readonly (number | string)[];

interface TensorShape {
  name: string;
  type: TensorType;
  /** Empty for a scalar, and where the model does not say. */
  dims: Dims;
}

/** The inputs that a model takes. */
export interface ModelShape {
  inputs: readonly TensorShape[];
}

/** Throws MeshError `unknown-model` for a model with an input that no task can carry. */
export function shapeOf({ inputs }: Pick<OnnxSession, 'inputs'>): ModelShape {
  const shapes = inputs.map((input) => {
    if (input.isTensor && isTensorType(input.type)) return { name: input.name, type: input.type, dims: input.shape };
    const message = `The model's input '${input.name}' is not a tensor of numbers, so no task can carry it. Use another model.`;
    throw new MeshError('unknown-model', message);
  });
  return { inputs: shapes };
}

/** Throws MeshError `bad-input` with a message that says what the model takes. */
export function checkInputs(model: string, { inputs }: ModelShape, given: readonly TensorHeader[]): void {
  const sizes = new Map<string, number>();
  for (const wanted of inputs) {
    const found = given.find(({ name }) => name === wanted.name);
    if (!found) throw MeshError.badInput(`The model '${model}' wants ${words(wanted)}. Add it.`);
    if (found.type !== wanted.type || !fits(found.dims, wanted.dims, sizes)) {
      const sameSizes = [...sizes].map(([name, size]) => `${name} = ${size}`).join(', ');
      const soFar = sameSizes && `, with ${sameSizes} as in the others`;
      throw MeshError.badInput(`The model '${model}' wants ${words(wanted)}${soFar}; it was given ${words(found)}.`);
    }
  }
  const extra = given.find(({ name }) => !inputs.some((wanted) => wanted.name === name));
  if (extra) throw MeshError.badInput(`The model '${model}' has no input '${extra.name}'. Leave it out.`);
}

/** A name that is seen for the first time takes the given size. */
function fits(given: readonly number[], wanted: Dims, sizes: Map<string, number>): boolean {
  if (wanted.length === 0) return true;
  if (given.length !== wanted.length) return false;
  const named = new Map(sizes);
  const isFitting = wanted.every((dim, axis) => {
    const size = given[axis] ?? 0;
    if (typeof dim === 'number') return dim < 0 || dim === size;
    if (dim === '') return true;
    const known = named.get(dim) ?? size;
    named.set(dim, known);
    return known === size;
  });
  if (isFitting) for (const [name, size] of named) sizes.set(name, size);
  return isFitting;
}

function words({ name, type, dims }: { name: string; type: string; dims: Dims }): string {
  return `'${name}' as ${shapeWords(type, dims)}`;
}
