import { MeshError } from '../../../shared/errors.ts';
import { z } from '../../../shared/zod.ts';
import { MissingFile } from '../models/model-host.ts';
import type { LanguageFiles } from '../models/model-source.ts';

/** The model's file in the usual folder, from small to large: whole numbers of 8 bits are read at half the time of others on a processor. */
const MODEL_FILES = ['onnx/model_quantized.onnx', 'onnx/model_q4.onnx', 'onnx/model.onnx', 'model.onnx'];
/** Where the folder does not say. */
const ASSUMED_CONTEXT_TOKENS = 2_048;
/** Longer conversations than this take a browser too long to read. */
const MAX_CONTEXT_TOKENS = 8_192;

const configSchema = z.object({ max_position_embeddings: z.int().min(16).optional() });

/**
 * The files of a language model in a folder as Hugging Face lays it out: `tokenizer.json`, `config.json`, and the model in `onnx/`.
 *
 * @param load - fetches a file. Throws MeshError.
 */
export async function loadLanguageFolder(
  name: string,
  folder: URL,
  load: (url: URL) => Promise<Uint8Array>,
): Promise<LanguageFiles> {
  const tokenizer = await load(new URL('tokenizer.json', folder));
  const config = await load(new URL('config.json', folder)).catch((cause: unknown) => {
    if (cause instanceof MissingFile) return null;
    throw cause;
  });
  const tokens = configOf(config, name)?.max_position_embeddings ?? ASSUMED_CONTEXT_TOKENS;
  const onnx = MODEL_FILES.map((file) => new URL(file, folder).href);
  return { name: shortName(name), onnx, tokenizer, contextTokens: Math.min(tokens, MAX_CONTEXT_TOKENS) };
}

function configOf(bytes: Uint8Array | null, model: string) {
  if (!bytes) return null;
  try {
    return configSchema.safeParse(JSON.parse(new TextDecoder().decode(bytes))).data ?? null;
  } catch (cause) {
    const message = `The config.json of the model '${model}' is no JSON. Restore that file, or use another model.`;
    throw new MeshError('unknown-model', message, { cause });
  }
}

/** A long address makes a poor name. */
function shortName(name: string): string {
  return name.replace(/\/$/, '');
}
