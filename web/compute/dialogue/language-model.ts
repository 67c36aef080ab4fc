import { MeshError } from '../../../shared/errors.ts';
import { fromFloat16Bits, tensorOf } from '../../../shared/tasks/infer/tensors.ts';
import { bytesOf } from '../../../shared/tasks/packing.ts';
import type { LoadedModel } from '../infer/loaded-model.ts';
import type { TensorShape } from '../infer/model-shape.ts';
import type { NamedTensor } from '../ort/onnx-sessions.ts';
import type { ReadText } from './conversation-caches.ts';

/** Numbers of one run's answer, at most: a model tells one for each token that it read and each of its vocabulary. */
const MAX_LOGITS = 4 * 1024 * 1024;

/** What a model expects to come next, and what it has read by then. */
export interface Reading {
  logits: Float32Array;
  read: ReadText;
}

/** Runs a model on some inputs. */
export type RunModel = (inputs: readonly NamedTensor[]) => Promise<readonly NamedTensor[]>;

/** Inputs of a step beside the cache (Optimum's exports). */
const PAST = /^past_key_values\./;

/** A causal model with a cache of keys and values, whose inputs and outputs have the names that Hugging Face's Optimum gives them. */
export class LanguageModel {
  readonly #inputs: readonly TensorShape[];

  /** Throws MeshError `unknown-model` for another kind of model. */
  constructor({ shape }: Pick<LoadedModel, 'shape'>, model: string) {
    this.#inputs = shape.inputs;
    const unknown = shape.inputs.find((input) => !isKnown(input));
    const hasTokens = shape.inputs.some(({ name }) => name === 'input_ids');
    const hasCache = shape.inputs.some(({ name }) => PAST.test(name));
    if (hasTokens && hasCache && !unknown) return;
    const what = unknown ? `has an input '${unknown.name}'` : 'has no tokens or no cache as inputs';
    const message = `The model '${model}' ${what}: it is no language model that can speak here. Export it for text generation, with its past.`;
    throw new MeshError('unknown-model', message);
  }

  /** What the cache is before the first token. */
  get nothingRead(): ReadText {
    const caches = this.#inputs.filter(({ name }) => PAST.test(name));
    const cache = caches.map(({ name, type, dims }) => {
      const [heads = 1, width = 1] = [dims[1], dims[3]].map((size) => (typeof size === 'number' ? size : 1));
      return { name, type, dims: [1, heads, 0, width], bytes: new Uint8Array(0) };
    });
    return { tokens: [], cache };
  }

  /** Tokens to read in one run. */
  maxTokensPerRun(vocabularySize: number): number {
    return Math.max(1, Math.floor(MAX_LOGITS / vocabularySize));
  }

  /** The inputs of a run that reads tokens. */
  inputsFor(tokens: readonly number[], past: ReadText): NamedTensor[] {
    const before = past.tokens.length;
    const all = before + tokens.length;
    return this.#inputs.map(({ name, type }) => {
      if (PAST.test(name)) return past.cache.find((tensor) => tensor.name === name) ?? missing(name);
      if (name === 'use_cache_branch') return { name, type, dims: [1], bytes: Uint8Array.of(before > 0 ? 1 : 0) };
      if (name === 'input_ids') return whole(name, tokens);
      if (name === 'attention_mask') return whole(name, Array<number>(all).fill(1));
      return whole(
        name,
        Array.from({ length: tokens.length }, (_, n) => before + n),
      );
    });
  }

  /** Reads some tokens more. */
  async read(tokens: readonly number[], past: ReadText, run: RunModel): Promise<Reading> {
    const outputs = await run(this.inputsFor(tokens, past));
    const logits = outputs.find(({ name }) => name === 'logits') ?? missing('logits');
    const cache = outputs.flatMap((output) =>
      output.name.startsWith('present') ? { ...output, name: output.name.replace('present', 'past_key_values') } : [],
    );
    return { logits: lastRow(logits), read: { tokens: [...past.tokens, ...tokens], cache } };
  }
}

function isKnown({ name, type }: TensorShape): boolean {
  if (PAST.test(name)) return type === 'float32' || type === 'float16';
  if (name === 'use_cache_branch') return type === 'bool';
  return type === 'int64' && ['input_ids', 'attention_mask', 'position_ids'].includes(name);
}

function whole(name: string, numbers: readonly number[]): NamedTensor {
  return { name, type: 'int64', dims: [1, numbers.length], bytes: bytesOf(BigInt64Array.from(numbers, BigInt)) };
}

/** The numbers of the last token that was read. */
function lastRow(logits: NamedTensor): Float32Array {
  const { data } = tensorOf(logits, logits.bytes);
  const row = data.slice(data.length - (logits.dims.at(-1) ?? 0));
  if (row instanceof Float32Array) return row;
  if (row instanceof Uint16Array) return Float32Array.from(row, fromFloat16Bits);
  throw new MeshError(
    'unknown-model',
    'The language model does not answer with numbers. Export it for text generation.',
  );
}

function missing(name: string): never {
  throw new MeshError(
    'unknown-model',
    `The language model has no '${name}'. Export it for text generation, with its past.`,
  );
}
