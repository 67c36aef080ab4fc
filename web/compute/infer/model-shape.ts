import { MeshError } from '../../../shared/errors.ts';
import {
  INFER,
  isTensorType,
  namesChars,
  shapeWords,
  type TensorHeader,
  type TensorType,
} from '../../../shared/tasks/infer/tensors.ts';
import type { OnnxSession } from '../ort/onnx-sessions.ts';

/** Sizes of a tensor's axes. An open size has a name, which may be empty. */
type Dims = readonly (number | string)[];

export interface TensorShape {
  name: string;
  type: TensorType;
  /** Empty for a scalar, and where the model does not say. */
  dims: Dims;
}

/** What a model takes and gives. */
export interface ModelShape {
  inputs: readonly TensorShape[];
  /** Inputs that have a default. */
  optional: readonly TensorShape[];
  /** Whether an output is of texts, whose rows have no size of their own. */
  givesTexts: boolean;
}

/** The library tells a size of -1, as which exporters write an open size without a name, as an unsigned number: no axis is that long. */
const LONGEST_AXIS = 2 ** 31;

/**
 * @param optional - inputs that have a default: the library does not tell them.
 *
 * Throws MeshError `unknown-model` for a model with an input or output that no task can carry.
 */
export function shapeOf(
  { inputs, outputs }: Pick<OnnxSession, 'inputs' | 'outputs'>,
  optional: readonly TensorShape[],
): ModelShape {
  const taken = inputs.map((input) => carried(input, 'input'));
  const given = outputs.map((output) => carried(output, 'output'));
  for (const [side, shapes] of [['inputs', [...taken, ...optional]] as const, ['outputs', given] as const])
    checkNames(side, shapes);
  return { inputs: taken, optional, givesTexts: given.some(({ type }) => type === 'string') };
}

function carried(value: OnnxSession['inputs'][number], side: 'input' | 'output'): TensorShape {
  const { name } = value;
  if (!value.isTensor) {
    const message = `The model's ${side} '${name}' is a list, a map or an optional, which onnxruntime does not run in browsers. Export the model without it (scikit-learn: zipmap=False).`;
    throw new MeshError('unknown-model', message);
  }
  if (isTensorType(value.type)) return { name, type: value.type, dims: value.shape.map(openOrFixed) };
  const message = `The model's ${side} '${name}' is a tensor of ${value.type}, which no task can carry. Use another model.`;
  throw new MeshError('unknown-model', message);
}

function openOrFixed(size: number | string): number | string {
  return typeof size === 'number' && (size < 0 || size >= LONGEST_AXIS) ? '' : size;
}

function checkNames(side: string, shapes: readonly TensorShape[]): void {
  if (shapes.length > INFER.maxTensors) {
    const message = `The model has ${shapes.length} ${side}; a task carries at most ${INFER.maxTensors}. Use another model.`;
    throw new MeshError('unknown-model', message);
  }
  const longest = Math.max(0, ...shapes.map(({ name }) => name.length));
  if (longest <= INFER.maxNameChars && namesChars(shapes) <= INFER.maxNamesChars) return;
  const message = `The names of the model's ${side} are too long: at most ${INFER.maxNameChars} characters each, ${INFER.maxNamesChars} together. Export it with shorter ones.`;
  throw new MeshError('unknown-model', message);
}

/** Throws MeshError `bad-input` with a message that says what the model takes. */
export function checkInputs(model: string, { inputs, optional }: ModelShape, given: readonly TensorHeader[]): void {
  const sizes = new Map<string, number>();
  for (const wanted of [...inputs, ...optional]) {
    const found = given.find(({ name }) => name === wanted.name);
    if (!found && optional.includes(wanted)) continue;
    if (!found) throw MeshError.badInput(`The model '${model}' wants ${words(wanted)}. Add it.`);
    if (found.type !== wanted.type || !fits(found.dims, wanted.dims, sizes)) {
      const sameSizes = [...sizes].map(([name, size]) => `${name} = ${size}`).join(', ');
      const soFar = sameSizes && `, with ${sameSizes} as in the others`;
      throw MeshError.badInput(`The model '${model}' wants ${words(wanted)}${soFar}; it was given ${words(found)}.`);
    }
  }
  const extra = given.find(({ name }) => ![...inputs, ...optional].some((wanted) => wanted.name === name));
  if (extra) throw MeshError.badInput(`The model '${model}' has no input '${extra.name}'. Leave it out.`);
}

/** A name that is seen for the first time takes the given size. */
function fits(given: readonly number[], wanted: Dims, sizes: Map<string, number>): boolean {
  if (wanted.length === 0) return true;
  if (given.length !== wanted.length) return false;
  const named = new Map(sizes);
  const isFitting = wanted.every((dim, axis) => {
    const size = given[axis] ?? 0;
    if (typeof dim === 'number') return dim === size;
    if (dim === '') return true;
    const known = named.get(dim) ?? size;
    named.set(dim, known);
    return known === size;
  });
  if (isFitting) for (const [name, size] of named) sizes.set(name, size);
  return isFitting;
}

function words({ name, type, dims }: { name: string; type: string; dims: Dims }): string {
  const named = dims.map((dim) => (dim === '' ? 'any' : dim));
  return `'${name}' as ${shapeWords(type, named)}`;
}
