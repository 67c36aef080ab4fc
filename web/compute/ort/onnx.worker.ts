import { MeshError, type WireError } from '../../../shared/errors.ts';
import { isBroken } from './broken-runtime.ts';
import { type NamedTensor, type OnnxSession, openHere, type WeightFile } from './onnx-sessions.ts';

export type ToModelWorker =
  /** Comes first, once. */
  | { kind: 'open'; bytes: Uint8Array<ArrayBuffer>; weights: WeightFile[] }
  /** Comes when the one before it was answered. */
  | { kind: 'run'; inputs: readonly NamedTensor[] };

export type FromModelWorker =
  | ({ kind: 'opened' } & Pick<OnnxSession, 'inputs' | 'outputs'>)
  | { kind: 'ran'; outputs: NamedTensor[] }
  /** `isBroken`: the runtime cannot go on, as without memory. */
  | { kind: 'failed'; error: WireError; isBroken: boolean };

/** Runs one model on the processor, so that the engine's thread goes on meanwhile. It is ended with its model, which frees all its memory. */
let session: OnnxSession | null = null;

self.onmessage = async ({ data }: MessageEvent<ToModelWorker>) => {
  try {
    if (data.kind === 'open') {
      session = await openHere(data.bytes, data.weights);
      const { inputs, outputs } = session;
      answer({ kind: 'opened', inputs, outputs });
    } else if (session) {
      const outputs = await session.run(data.inputs);
      // The runtime gives copies of its memory. Two outputs never share one, but a view cannot be moved alone.
      const moved = outputs.map(({ bytes }) => bytes.buffer as ArrayBuffer);
      answer({ kind: 'ran', outputs }, [...new Set(moved)]);
    }
  } catch (cause) {
    answer({ kind: 'failed', error: MeshError.from(cause).toWire(), isBroken: isBroken(cause) });
  }
};

function answer(message: FromModelWorker, moved: ArrayBuffer[] = []): void {
  self.postMessage(message, { transfer: moved });
}
