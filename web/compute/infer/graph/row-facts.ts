import type { OnnxNode } from './onnx-graph.ts';

/** What is known of a value within a graph. */
export type RowFact =
  /** Row i of it, along axis 0, depends on row i of the model's inputs only. */
  | { kind: 'rows'; rank: number }
  /** The same whatever the inputs are. `dims` and `values` are null where they are not known. */
  | { kind: 'constant'; dims: readonly number[] | null; values: readonly number[] | null }
  | ShapeFact;

/** Sizes of axes, as a graph computes them: a number, `rows` for how many there are, and null for another size, the same for any number of rows. */
export interface ShapeFact {
  kind: 'shape';
  values: readonly (number | 'rows' | null)[];
}

/** A node with what is known of its inputs: null where an optional one is not given. */
export interface RowStep {
  node: OnnxNode;
  inputs: readonly (RowFact | null)[];
  operatorSet: number;
}

/** What is known of the outputs of a node whose inputs have rows; null where its rows may depend on one another. */
export type RowRule = (step: RowStep) => RowFact | null;

/** Whole numbers from an attribute of that name, or from the input at that place, as newer operators have it. */
export function numbersOf({ node, inputs }: RowStep, name: string, at: number): readonly number[] | null {
  const attribute = node.attributes.get(name)?.numbers;
  if (attribute) return attribute;
  const input = inputs[at];
  return input?.kind === 'constant' ? input.values : null;
}
