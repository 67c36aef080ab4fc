import { sizeWords } from '../../../../shared/bytes.ts';
import { MeshError } from '../../../../shared/errors.ts';
import { MAX_TOKEN_CHARS } from '../../../../shared/tasks/dialogue/answer-tokens.ts';
import { z } from '../../../../shared/zod.ts';

// The parts of a `tokenizer.json` of Hugging Face's tokenizers that byte-pair vocabularies of language models have
// (https://github.com/huggingface/tokenizers). What is not named here changes nothing for them, or is refused.

/** Largest file, bytes: Gemma's, with 262,144 tokens, has 33 MB. */
export const MAX_TOKENIZER_BYTES = 48 * 1024 * 1024;
const MAX_TOKENS = 512 * 1024;
/** Longest pattern: GPT-4's has 200 characters. */
const MAX_PATTERN_CHARS = 4_096;
/** Steps in one sequence, and how deep sequences may lie in one another: real files have one, of a few steps. */
const MAX_STEPS = 8;
const MAX_SEQUENCES = 2;

const patternSchema = z.union([
  z.object({ Regex: z.string().max(MAX_PATTERN_CHARS) }),
  z.object({ String: z.string().max(MAX_PATTERN_CHARS) }),
]);

/** A step before the text is cut into words. */
export type Normalizer =
  | { type: 'Sequence'; normalizers: Normalizer[] }
  | { type: 'NFC' | 'NFKC' }
  | { type: 'Prepend'; prepend: string }
  | { type: 'Replace'; pattern: z.infer<typeof patternSchema>; content: string };

/** @param sequences - how deep they may lie in one another. A schema that refers to itself would follow a file to any depth. */
function normalizerSchema(sequences: number): z.ZodType<Normalizer> {
  const step = z.union([
    z.object({ type: z.enum(['NFC', 'NFKC']) }),
    z.object({ type: z.literal('Prepend'), prepend: z.string().max(8) }),
    z.object({ type: z.literal('Replace'), pattern: patternSchema, content: z.string().max(8) }),
  ]);
  if (sequences === 0) return step;
  const normalizers = z.array(normalizerSchema(sequences - 1)).max(MAX_STEPS);
  return z.union([z.object({ type: z.literal('Sequence'), normalizers }), step]);
}

/** A step that cuts a text into words. */
export type PreTokenizer =
  | { type: 'Sequence'; pretokenizers: PreTokenizer[] }
  | { type: 'ByteLevel'; add_prefix_space?: boolean | undefined; use_regex?: boolean | undefined }
  | { type: 'Digits'; individual_digits: boolean }
  | { type: 'Split'; pattern: z.infer<typeof patternSchema>; behavior: string; invert?: boolean | undefined };

function preTokenizerSchema(sequences: number): z.ZodType<PreTokenizer> {
  const step = z.union([
    z.object({
      type: z.literal('ByteLevel'),
      add_prefix_space: z.boolean().optional(),
      use_regex: z.boolean().optional(),
    }),
    z.object({ type: z.literal('Digits'), individual_digits: z.boolean() }),
    z.object({
      type: z.literal('Split'),
      pattern: patternSchema,
      behavior: z.string().max(32),
      invert: z.boolean().optional(),
    }),
  ]);
  if (sequences === 0) return step;
  const pretokenizers = z.array(preTokenizerSchema(sequences - 1)).max(MAX_STEPS);
  return z.union([z.object({ type: z.literal('Sequence'), pretokenizers }), step]);
}

const fileSchema = z.object({
  added_tokens: z
    .array(
      z.object({
        id: z.int().min(0).max(MAX_TOKENS),
        content: z.string().min(1).max(MAX_TOKEN_CHARS),
        // Whether it stands for no text. Others are words like those of the vocabulary.
        special: z.boolean().default(true),
      }),
    )
    .max(16_384),
  normalizer: normalizerSchema(MAX_SEQUENCES).nullish(),
  pre_tokenizer: preTokenizerSchema(MAX_SEQUENCES).nullish(),
  model: z.object({
    type: z.literal('BPE'),
    byte_fallback: z.boolean().optional(),
    vocab: z
      .record(z.string().max(MAX_TOKEN_CHARS), z.int().min(0).max(MAX_TOKENS))
      .refine((vocab) => Object.keys(vocab).length <= MAX_TOKENS),
    merges: z.array(z.union([z.string(), z.tuple([z.string(), z.string()])])).max(MAX_TOKENS),
  }),
});
export type TokenizerFile = z.infer<typeof fileSchema>;

/** Throws MeshError `unknown-model` with what is wrong. */
export function readTokenizerFile(bytes: Uint8Array, model: string): TokenizerFile {
  if (bytes.byteLength > MAX_TOKENIZER_BYTES) {
    const [size, limit] = [sizeWords(bytes.byteLength), sizeWords(MAX_TOKENIZER_BYTES, 'down')];
    throw brokenTokenizer(model, `it has ${size}, and at most ${limit} are read`);
  }
  let json: unknown;
  try {
    json = JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    throw brokenTokenizer(model, 'it is no JSON');
  }
  const parsed = fileSchema.safeParse(json);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw brokenTokenizer(model, `'${issue?.path.join('.') || 'it'}' is not that of a byte-pair vocabulary`);
}

export function brokenTokenizer(model: string, why: string): MeshError {
  const message = `The tokenizer of the model '${model}' cannot be used: ${why}. Use a model with a BPE tokenizer.json, or restore that file.`;
  return new MeshError('unknown-model', message);
}
