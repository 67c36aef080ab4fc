import type * as Ort from 'onnxruntime-web';
import { MeshError } from '../../../shared/errors.ts';

/** What we use of onnxruntime-web, whichever of its builds it is. */
export type OrtRuntime = Pick<typeof Ort, 'InferenceSession' | 'Tensor' | 'env'>;

/**
 * Fetches a build's parts in advance. The library would do it itself, but gives up for good when that fails once. Throws MeshError
 * `connection-failed`.
 */
export async function fetchRuntime(glueUrl: string, binaryUrl: string) {
  // Relative addresses would be taken to be beside the library's own file.
  const glue = new URL(glueUrl, import.meta.url).href;
  const [wasmBinary] = await Promise.all([fetchBytes(binaryUrl), import(/* @vite-ignore */ glue)]);
  return { wasmPaths: { mjs: glue }, wasmBinary };
}

/** Makes a session, and with the first one the library is set up: then it needs its binary no more. */
export async function createSession(
  { env, InferenceSession }: OrtRuntime,
  bytes: Uint8Array,
  options: Ort.InferenceSession.SessionOptions,
): Promise<Ort.InferenceSession> {
  // Its warnings are of operators that it runs elsewhere than asked, which is no concern of whoever reads the console.
  const session = await InferenceSession.create(bytes, { ...options, logSeverityLevel: 3 });
  delete env.wasm.wasmBinary;
  return session;
}

async function fetchBytes(url: string): Promise<ArrayBuffer> {
  const response = await fetch(new URL(url, import.meta.url));
  if (!response.ok) throw new Error(`${response.status} ${response.statusText}`);
  return response.arrayBuffer();
}

export function toRuntimeError(cause: unknown): MeshError {
  if (cause instanceof MeshError) return cause;
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new MeshError('connection-failed', `What runs the networks could not be loaded (${reason}). Try again.`, {
    cause,
  });
}

/** What a network's failure to run comes to. */
export function toRunError(cause: unknown): MeshError {
  if (cause instanceof MeshError) return cause;
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new MeshError('volunteer-failed', `onnxruntime-web could not run the network (${reason.slice(0, 200)}).`, {
    cause,
  });
}
