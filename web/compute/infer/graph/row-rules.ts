import { numbersOf, type RowFact, type RowRule, type RowStep } from './row-facts.ts';
import { rowsOfShape } from './shape-rules.ts';

// Rules of the operators that keep rows apart, from their specifications (https://onnx.ai/onnx/operators/). An operator that is not here, and a
// case that a rule does not know, counts as one that relates rows: that costs speed, never a wrong answer.

const rows = (rank: number): RowFact => ({ kind: 'rows', rank });

/** The rank of an input that has rows; null for a constant. */
function rankOf(fact: RowFact | null | undefined): number | null {
  return fact?.kind === 'rows' ? fact.rank : null;
}

function isConstant(fact: RowFact | null | undefined): boolean {
  return !fact || fact.kind === 'constant';
}

function numberOf({ node }: RowStep, name: string, otherwise: number): number {
  return node.attributes.get(name)?.number ?? otherwise;
}

/** Counts a negative axis from the end. */
function axisIn(axis: number, rank: number): number {
  return axis < 0 ? axis + rank : axis;
}

/** The rank of the first input where no other has rows. */
function alone({ inputs: [first, ...others] }: RowStep): number | null {
  return others.every(isConstant) ? rankOf(first) : null;
}

/** Every element depends on the elements at the same place, after broadcasting. */
const elementwise: RowRule = ({ inputs }) => {
  const rank = Math.max(
    ...inputs.map((input) => rankOf(input) ?? ((input?.kind === 'constant' && input.dims?.length) || 0)),
  );
  const isKeptApart = inputs.every((input) => {
    if (!input) return true;
    if (input.kind !== 'constant') return input.kind === 'rows' && input.rank === rank;
    // Shorter ones are repeated for each row.
    return input.dims !== null && (input.dims.length < rank || input.dims[0] === 1);
  });
  return isKeptApart ? rows(rank) : null;
};

/** Works along the axis of the attribute, within each row. */
const alongAxis =
  (otherwise: number): RowRule =>
  (step) => {
    const rank = alone(step);
    return rank !== null && axisIn(numberOf(step, 'axis', otherwise), rank) > 0 ? rows(rank) : null;
  };

/** Pictures, or signals, with rows as batch: weights are constant. */
const perSample: RowRule = (step) => {
  const rank = alone(step);
  return rank !== null && rank >= 2 ? rows(rank) : null;
};

/** One output: the second counts places in the whole tensor, or trains. */
const perSampleOnly: RowRule = (step) =>
  step.node.outputs.length === 1 && numberOf(step, 'training_mode', 0) === 0 ? perSample(step) : null;

const reduction: RowRule = (step) => {
  const rank = alone(step);
  const axes = numbersOf(step, 'axes', 1);
  if (rank === null || !axes || axes.length === 0 || axes.some((axis) => axisIn(axis, rank) === 0)) return null;
  return rows(numberOf(step, 'keepdims', 1) === 0 ? rank - axes.length : rank);
};

const argument: RowRule = (step) => {
  const rank = alone(step);
  if (rank === null || axisIn(numberOf(step, 'axis', 0), rank) === 0) return null;
  return rows(numberOf(step, 'keepdims', 1) === 0 ? rank - 1 : rank);
};

const matMul: RowRule = ({ inputs: [a, b, ...others] }) => {
  const [left, right] = [rankOf(a), rankOf(b)];
  if (!others.every(isConstant)) return null;
  if (left !== null && right !== null) return left === right && left >= 3 ? rows(left) : null;
  const constant = left === null ? a : b;
  const dims = constant?.kind === 'constant' ? constant.dims : null;
  const rank = left ?? right ?? 0;
  if (!dims) return null;
  // Matrices of a constant of a higher rank, or of a vector on the other side, would move the rows to another axis.
  if (left !== null) return rank >= 2 && dims.length === 2 ? rows(rank) : null;
  return rank >= 3 && dims.length === 2 ? rows(rank) : null;
};

const gemm: RowRule = (step) => {
  const [a, b, c] = step.inputs;
  const isPlain = numberOf(step, 'transA', 0) === 0 && rankOf(a) === 2 && isConstant(b);
  if (!isPlain) return null;
  return c ? elementwise({ ...step, inputs: [rows(2), c] }) : rows(2);
};

const concatenation: RowRule = (step) => {
  const rank = rankOf(step.inputs[0]);
  const areAlike = step.inputs.every((input) => rankOf(input) === rank);
  return rank !== null && areAlike && axisIn(numberOf(step, 'axis', 0), rank) > 0 ? rows(rank) : null;
};

const slice: RowRule = (step) => {
  const rank = alone(step);
  const axes = numbersOf(step, 'axes', 3);
  return rank !== null && axes?.every((axis) => axisIn(axis, rank) > 0) ? rows(rank) : null;
};

const transposition: RowRule = (step) => {
  const order = step.node.attributes.get('perm')?.numbers;
  return order?.[0] === 0 ? perSample(step) : null;
};

const unsqueezing: RowRule = (step) => {
  const rank = alone(step);
  const axes = numbersOf(step, 'axes', 1);
  if (rank === null || !axes) return null;
  const wider = rank + axes.length;
  return axes.every((axis) => axisIn(axis, wider) > 0) ? rows(wider) : null;
};

const squeezing: RowRule = (step) => {
  const rank = alone(step);
  const axes = numbersOf(step, 'axes', 1);
  if (rank === null || !axes || axes.length === 0) return null;
  return axes.every((axis) => axisIn(axis, rank) > 0) ? rows(rank - axes.length) : null;
};

const flattening: RowRule = (step) => {
  const rank = alone(step);
  return rank !== null && axisIn(numberOf(step, 'axis', 1), rank) === 1 ? rows(2) : null;
};

/** The rows stay as they are where their number, or a 0 that copies it, leads. */
const reshaping: RowRule = (step) => {
  const [data, target] = step.inputs;
  const copiesZero = numberOf(step, 'allowzero', 0) === 0;
  if (target?.kind === 'shape') {
    const values = copiesZero && target.values[0] === 0 ? ['rows' as const, ...target.values.slice(1)] : target.values;
    return data?.kind === 'rows' ? rowsOfShape({ kind: 'shape', values }) : null;
  }
  const shape = numbersOf(step, 'shape', 1);
  const isKept = shape?.[0] === 0 && copiesZero;
  return shape && isKept && alone(step) !== null ? rows(shape.length) : null;
};

/** From each row, or for each row from a table. */
const gathering: RowRule = (step) => {
  const [data, places] = step.inputs;
  const axis = numberOf(step, 'axis', 0);
  if (data?.kind === 'rows') {
    if (places?.kind !== 'constant' || !places.dims || axisIn(axis, data.rank) === 0) return null;
    return rows(data.rank - 1 + places.dims.length);
  }
  const rank = rankOf(places);
  return rank !== null && data?.kind === 'constant' && data.dims && axisIn(axis, data.dims.length) === 0
    ? rows(rank + data.dims.length - 1)
    : null;
};

/** By constant factors, of which that of the rows is 1. */
const resizing: RowRule = (step) => {
  const rank = alone(step);
  const [, , scales, sizes] = step.inputs;
  const factors = scales?.kind === 'constant' ? scales.values : null;
  const isPlain = !sizes && !step.node.attributes.has('axes');
  return rank !== null && isPlain && factors?.length === rank && factors[0] === 1 ? rows(rank) : null;
};

const sizesOfAxes: RowRule = ({ node, inputs: [first] }) => {
  const isPart = node.attributes.has('start') || node.attributes.has('end');
  if (first?.kind !== 'rows' || isPart) return null;
  return { kind: 'shape', values: ['rows', ...Array<null>(first.rank - 1).fill(null)] };
};

const padding: RowRule = (step) => {
  const rank = alone(step);
  const pads = numbersOf(step, 'pads', 1);
  const isWhole = rank !== null && pads?.length === 2 * rank && !step.inputs[3];
  return isWhole && pads[0] === 0 && pads[rank] === 0 ? rows(rank) : null;
};

/** Quantises with a constant scale: one for all, or one for each element of an axis within the rows. One for each block has one for each row. */
const quantisation: RowRule = (step) => {
  const rank = alone(step);
  const scale = step.inputs[1];
  if (rank === null || scale?.kind !== 'constant' || !scale.dims) return null;
  const isOfAxis = scale.dims.length === 1 && axisIn(numberOf(step, 'axis', 1), rank) > 0;
  return scale.dims.length === 0 || isOfAxis ? rows(rank) : null;
};

/** Operators of ai.onnx.ml take a row for each sample. */
const perTableRow: RowRule = (step) => (alone(step) === 2 ? rows(2) : null);

/** The default axis was 1 before version 13, and it and all after it were taken together, which is within the row too. */
const softmax: RowRule = (step) => alongAxis(step.operatorSet >= 13 ? -1 : 1)(step);

const rulesOf = (rule: RowRule, operators: string): [string, RowRule][] =>
  operators.split(' ').map((operator) => [operator, rule]);

export const ROW_RULES: ReadonlyMap<string, RowRule> = new Map([
  ...rulesOf(
    elementwise,
    'Abs Acos Acosh Asin Asinh Atan Atanh BitwiseNot Cast Ceil Celu Cos Cosh Dropout Elu Erf Exp Floor Gelu HardSigmoid HardSwish Identity IsInf IsNaN ' +
      'LeakyRelu Log Mish Neg Not Reciprocal Relu Round Selu Sigmoid Sign Sin Sinh Softplus Softsign Sqrt Tan Tanh ThresholdedRelu Add And ' +
      'BitShift BitwiseAnd BitwiseOr BitwiseXor Clip Div Equal Greater GreaterOrEqual Less LessOrEqual Max Mean Min Mod Mul Or PRelu Pow Sub Sum Where Xor',
  ),
  ...rulesOf(alongAxis(-1), 'LayerNormalization RMSNormalization TopK'),
  ...rulesOf(alongAxis(0), 'Split'),
  ...rulesOf(perSample, 'Conv ConvTranspose AveragePool LpPool GlobalAveragePool GlobalMaxPool GlobalLpPool'),
  ...rulesOf(perSample, 'InstanceNormalization GroupNormalization LRN DepthToSpace SpaceToDepth'),
  ...rulesOf(perSampleOnly, 'MaxPool BatchNormalization'),
  ...rulesOf(
    reduction,
    'ReduceL1 ReduceL2 ReduceLogSum ReduceLogSumExp ReduceMax ReduceMean ReduceMin ReduceProd ReduceSum ReduceSumSquare',
  ),
  ...rulesOf(argument, 'ArgMax ArgMin'),
  ...rulesOf(matMul, 'MatMul'),
  ...rulesOf(gemm, 'Gemm'),
  ...rulesOf(concatenation, 'Concat'),
  ...rulesOf(slice, 'Slice'),
  ...rulesOf(transposition, 'Transpose'),
  ...rulesOf(unsqueezing, 'Unsqueeze'),
  ...rulesOf(squeezing, 'Squeeze'),
  ...rulesOf(flattening, 'Flatten'),
  ...rulesOf(reshaping, 'Reshape'),
  ...rulesOf(gathering, 'Gather'),
  ...rulesOf(padding, 'Pad'),
  ...rulesOf(resizing, 'Resize'),
  ...rulesOf(sizesOfAxes, 'Shape'),
  ...rulesOf(quantisation, 'QuantizeLinear DequantizeLinear'),
  ...rulesOf(softmax, 'Softmax LogSoftmax Hardmax'),
  ...rulesOf(
    perTableRow,
    'ai.onnx.ml.Binarizer ai.onnx.ml.Imputer ai.onnx.ml.Normalizer ai.onnx.ml.Scaler ai.onnx.ml.SVMRegressor ' +
      'ai.onnx.ml.LinearRegressor ai.onnx.ml.TreeEnsembleRegressor',
  ),
]);
