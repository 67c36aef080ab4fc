import { MeshError } from '../../../shared/errors.ts';
import { INFER, TENSOR_TYPES } from '../../../shared/tasks/infer/tensors.ts';
import { z } from '../../../shared/zod.ts';

const MAX_MODELS = 64;
/** Files of weights of one model: exporters write one, or one for each two gigabytes. */
const MAX_DATA_FILES = 16;
const MAX_FILE_BYTES = 512 * 1024 * 1024;

const fileSchema = z.strictObject({
  /** A file beside the manifest: no separators, and nothing that names another folder. */
  path: z.string().regex(/^\w[\w.-]{0,127}$/),
  bytes: z.int().min(1).max(MAX_FILE_BYTES),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
});

/** An upscaling network of `training/networks.py`: 3x3 convolutions whose output is added to the bilinear picture. */
const networkSchema = z.strictObject({
  /** Channels before the first convolution, between the convolutions, and after the last. */
  widths: z.array(z.int().min(1).max(64)).min(2).max(16),
  /** `luma`: the same value is added to red, green and blue. */
  outputs: z.enum(['luma', 'rgb']),
  /** Slope of the activation below zero (leaky ReLU). */
  leak: z.number().min(0).max(1),
});

const ofEachModel = {
  name: z.string().min(1).max(64),
  version: z.string().min(1).max(64),
  licence: z.string().min(1).max(64),
  parameters: z.int().min(1),
};

const networkModelSchema = z.strictObject({
  ...ofEachModel,
  task: z.literal('upscale'),
  scale: z.literal(2),
  network: networkSchema,
  /** Gain in luma PSNR over bicubic, dB, on games that were not used in training, by kind of input; missing where nobody looked. */
  gainOverBicubicDb: z.record(z.string(), z.number()).exactOptional(),
  /** The games that the gains are of: those that nothing was chosen by, or those that chose the recipe. */
  games: z.enum(['test', 'validation']).exactOptional(),
  files: z.strictObject({ wgsl: fileSchema, onnx: fileSchema, onnxFp16: fileSchema }),
});

/** Inputs and outputs of a model, as documentation for its users. A name stands for an open size. */
const tensorsSchema = z
  .array(
    z.strictObject({
      name: z.string().min(1).max(INFER.maxNameChars),
      type: z.enum(TENSOR_TYPES),
      dims: z.array(z.union([z.int().min(1), z.string().min(1).max(64)])).max(INFER.maxRank),
    }),
  )
  .min(1)
  .max(INFER.maxTensors);

const inferModelSchema = z.strictObject({
  ...ofEachModel,
  task: z.literal('infer'),
  inputs: tensorsSchema,
  outputs: tensorsSchema,
  /** Scores of the model and of others, from its training script: by player, then by measure. */
  figures: z.record(z.string(), z.record(z.string(), z.number())),
  /** `data`: files of weights that the model names. */
  files: z.strictObject({ onnx: fileSchema, data: z.array(fileSchema).max(MAX_DATA_FILES).optional() }),
});

const dialogueModelSchema = z.strictObject({
  ...ofEachModel,
  task: z.literal('dialogue'),
  /** Tokens of a prompt and its answer together. */
  contextTokens: z.int().min(16).max(1_048_576),
  /** Its scores, from its training script. */
  figures: z.record(z.string(), z.record(z.string(), z.number())),
  files: z.strictObject({
    onnx: fileSchema,
    tokenizer: fileSchema,
    data: z.array(fileSchema).max(MAX_DATA_FILES).optional(),
  }),
});

const modelSchema = z.discriminatedUnion('task', [networkModelSchema, inferModelSchema, dialogueModelSchema]);
const manifestSchema = z.strictObject({ models: z.array(modelSchema).max(MAX_MODELS) });

export type ModelFile = z.infer<typeof fileSchema>;
export type NetworkShape = z.infer<typeof networkSchema>;
/** An upscaling model. */
export type NetworkModel = z.infer<typeof networkModelSchema>;
export type Model = z.infer<typeof modelSchema>;
export type Manifest = z.infer<typeof manifestSchema>;

/** Throws MeshError `malformed`. */
export function parseManifest(json: unknown): Manifest {
  const parsed = manifestSchema.safeParse(json);
  if (parsed.success) return parsed.data;
  throw MeshError.malformed(
    `The list of models is malformed (${z.prettifyError(parsed.error)}). Whoever runs the server should deploy its models again.`,
  );
}

/** An upscaling network is no model for `infer`: a picture of any size would reach it, past the limits of `upscale`. */
export function onnxModelsIn({ models }: Manifest) {
  return models.filter((model) => model.task !== 'upscale');
}

export function dialogueModelsIn({ models }: Manifest) {
  return models.filter((model) => model.task === 'dialogue');
}

export function networksIn({ models }: Manifest): NetworkModel[] {
  return models.filter((model) => model.task === 'upscale');
}
