import { MeshError } from '../../../shared/errors.ts';
import { z } from '../../../shared/zod.ts';

const MAX_MODELS = 64;
const MAX_FILE_BYTES = 512 * 1024 * 1024;

const fileSchema = z.strictObject({
  /** Beside the manifest: no separator, and nothing that means another folder. */
  path: z.string().regex(/^\w[\w.-]{0,127}$/),
  bytes: z.int().min(1).max(MAX_FILE_BYTES),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
});

/** One of the upscaling networks of `training/networks.py`: 3x3 convolutions, the detail they give is added to the bilinear picture. */
const networkSchema = z.strictObject({
  /** Channels before the first convolution, between them, and after the last. */
  widths: z.array(z.int().min(1).max(64)).min(2).max(16),
  /** `luma`: one value is added to red, green and blue alike. */
  outputs: z.enum(['luma', 'rgb']),
  /** Slope of the activation below zero. */
  leak: z.number().min(0).max(1),
});

const modelSchema = z.strictObject({
  name: z.string().min(1).max(64),
  version: z.string().min(1).max(64),
  task: z.enum(['upscale']),
  scale: z.literal(2),
  licence: z.string().min(1).max(64),
  network: networkSchema,
  parameters: z.int().min(1),
  /** Luma PSNR over bicubic on games that took no part in training, by kind of input. */
  gainOverBicubicDb: z.record(z.string(), z.number()),
  files: z.strictObject({ wgsl: fileSchema, onnx: fileSchema, onnxFp16: fileSchema }),
});

const manifestSchema = z.strictObject({ models: z.array(modelSchema).max(MAX_MODELS) });

export type ModelFile = z.infer<typeof fileSchema>;
export type NetworkShape = z.infer<typeof networkSchema>;
export type Model = z.infer<typeof modelSchema>;
export type Manifest = z.infer<typeof manifestSchema>;

/** Throws MeshError `malformed`. */
export function parseManifest(json: unknown): Manifest {
  const parsed = manifestSchema.safeParse(json);
  if (parsed.success) return parsed.data;
  throw MeshError.malformed(`The list of models is not as it should be (${z.prettifyError(parsed.error)}).`);
}
