import { allNodes, type OnnxGraph, type OnnxModel, type OnnxNode } from './onnx-graph.ts';
import type { RowFact } from './row-facts.ts';
import { ROW_RULES } from './row-rules.ts';
import { folded, SHAPE_RULES } from './shape-rules.ts';

/** Operators whose answer varies from run to run. */
const RANDOM = /^(RandomNormal|RandomUniform)(Like)?$|^(Bernoulli|Multinomial)$/;
/** The first version of ONNX's operators that broadcast as they do today. */
const OLDEST_OPERATOR_SET = 7;
const UNKNOWN_CONSTANT: RowFact = { kind: 'constant', dims: null, values: null };

/** Whether the operator draws random numbers. `Dropout` does so while it trains. */
function isRandom({ operator, inputs }: OnnxNode): boolean {
  return RANDOM.test(operator) || (operator === 'Dropout' && inputs.length > 2 && inputs[2] !== '');
}

/** Whether its answer varies from run to run. */
export function drawsRandomNumbers({ graph, functions }: OnnxModel): boolean {
  return [graph, ...functions].some((one) => [...allNodes(one)].some(isRandom));
}

/**
 * Whether the graph proves that each row of the outputs, along axis 0, depends on the same row of the inputs and on nothing else, so that
 * rows of several tasks can run together, and those of one apart. Every operator on the way from an input to an output must have
 * a rule that says so: one without a rule may relate rows, as a softmax over axis 0 and a dynamic quantisation do.
 */
export function hasIndependentRows({ graph, operatorSet }: OnnxModel): boolean {
  if (operatorSet < OLDEST_OPERATOR_SET) return false;
  const facts = new Map<string, RowFact>();
  for (const [name, { dims, values }] of graph.initializers) facts.set(name, { kind: 'constant', dims, values });
  for (const { name, dims } of inputsWithoutDefault(graph)) {
    if (!dims || dims[0] !== null) return false;
    facts.set(name, { kind: 'rows', rank: dims.length });
  }
  for (const node of graph.nodes) {
    const fact = factOf(node, facts, operatorSet);
    if (!fact) return false;
    for (const name of node.outputs) facts.set(name, fact);
  }
  return graph.outputs.length > 0 && graph.outputs.every((name) => facts.get(name)?.kind === 'rows');
}

/** Inputs that a run must be given. */
export function inputsWithoutDefault({ inputs, initializers }: OnnxGraph): OnnxGraph['inputs'] {
  return inputs.filter(({ name }) => !initializers.has(name));
}

/** Null where the node may relate rows, and where an input is not known, as one of a sparse tensor or of a node that comes later. */
function factOf(node: OnnxNode, facts: ReadonlyMap<string, RowFact>, operatorSet: number): RowFact | null {
  // Graphs within see the values around them, whatever their node's inputs are.
  const hasGraphs = [...node.attributes.values()].some(({ graphs }) => graphs.length > 0);
  const given = node.inputs.filter((name) => name !== '');
  if (isRandom(node) || hasGraphs || given.some((name) => !facts.has(name))) return null;
  const inputs = node.inputs.map((name) => facts.get(name) ?? null);
  const kinds = new Set(inputs.map((input) => input?.kind));
  const rules = kinds.has('rows') ? ROW_RULES : kinds.has('shape') ? SHAPE_RULES : null;
  if (rules) return rules.get(node.operator)?.({ node, inputs, operatorSet }) ?? null;
  if (node.operator === 'Constant') return constantOf(node);
  return folded({ node, inputs, operatorSet }) ?? UNKNOWN_CONSTANT;
}

function constantOf({ attributes }: OnnxNode): RowFact {
  const tensor = attributes.get('value')?.tensor;
  if (tensor) return { kind: 'constant', ...tensor };
  const values = attributes.get('value_ints')?.numbers;
  if (values) return { kind: 'constant', dims: [values.length], values };
  const value = attributes.get('value_int')?.number ?? null;
  return value === null ? UNKNOWN_CONSTANT : { kind: 'constant', dims: [], values: [value] };
}
