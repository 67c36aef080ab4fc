import { numbersOf, type RowFact, type RowRule, type RowStep, type ShapeFact } from './row-facts.ts';

// Rules of the operators with which exporters compute the shape of a reshaping from that of another value.

/** Rows, for a shape that begins with their number and has it nowhere else. */
export function rowsOfShape({ values: [first, ...others] }: ShapeFact): RowFact | null {
  return first === 'rows' && !others.includes('rows') ? { kind: 'rows', rank: 1 + others.length } : null;
}

const shape = (values: ShapeFact['values']): ShapeFact => ({ kind: 'shape', values });

function shapeIn({ inputs: [first] }: RowStep): ShapeFact['values'] | null {
  return first?.kind === 'shape' ? first.values : null;
}

/** With one axis, or none: what is one size is so whatever its rank is. */
const unchanged: RowRule = (step) => {
  const values = shapeIn(step);
  return values && shape(values);
};

const part: RowRule = (step) => {
  const values = shapeIn(step);
  const [starts, ends, steps = [1]] = [
    numbersOf(step, 'starts', 1),
    numbersOf(step, 'ends', 2),
    numbersOf(step, 'steps', 4) ?? undefined,
  ];
  if (!values || starts?.length !== 1 || ends?.length !== 1 || steps[0] !== 1) return null;
  return shape(values.slice(starts[0], ends[0]));
};

const choice: RowRule = (step) => {
  const values = shapeIn(step);
  const places = step.inputs[1];
  if (!values || places?.kind !== 'constant' || !places.values) return null;
  const chosen = places.values.map((at) => values.at(at));
  return chosen.includes(undefined) ? null : shape(chosen.map((value) => value ?? null));
};

const joined: RowRule = ({ inputs }) => {
  const parts = inputs.map((input) => (input && input.kind !== 'rows' ? input.values : null));
  return parts.includes(null) ? null : shape(parts.flatMap((values) => values ?? []));
};

/** A value that is the same everywhere. */
const filled: RowRule = (step) => {
  const values = shapeIn(step);
  return values && rowsOfShape(shape(values));
};

/** A constant that is computed from constants, as exporters convert the parts of a shape. Null where its values are not known. */
export function folded({ node: { operator }, inputs }: RowStep): RowFact | null {
  const constants = inputs.flatMap((input) => (input?.kind === 'constant' && input.values ? [input.values] : []));
  const values = constants.flat();
  if (constants.length === 0 || constants.length < inputs.length || !values.every(Number.isInteger)) return null;
  const first = inputs[0];
  if (['Cast', 'Identity'].includes(operator)) return first ?? null;
  return operator === 'Concat' ? { kind: 'constant', dims: [values.length], values } : null;
}

export const SHAPE_RULES: ReadonlyMap<string, RowRule> = new Map([
  ...['Cast', 'Identity', 'Squeeze', 'Unsqueeze'].map((operator) => [operator, unchanged] as const),
  ['Slice', part],
  ['Gather', choice],
  ['Concat', joined],
  ['ConstantOfShape', filled],
]);
