import { MeshError } from '../../../shared/errors.ts';
import type { NamedTensor, OnnxSession, OpenOnnx } from '../ort/onnx-sessions.ts';
import { type TestNode, writeOnnx } from './test-onnx.ts';

interface Behaviour {
  backend?: OnnxSession['backend'];
  /** Maps a correct sum to what the session answers. */
  answer?: (value: number) => number;
  /** Called with the number of rows of each run. */
  onRun?: (rows: number) => void;
  fails?: boolean;
  /** More axes of the answer, each of size 1. */
  moreAxes?: number;
  /** A row with this sum ends the session, as what breaks the runtime does. */
  breaksOn?: number;
}

/** The model that {@link summing} runs. `axis` 0 relates its rows, so that it must run as it is. */
export function summingModel(axis = 1): Uint8Array<ArrayBuffer> {
  const norm: TestNode = { operator: 'Softmax', inputs: ['x'], outputs: ['a'], attributes: { axis } };
  const sum: TestNode = { operator: 'ReduceMean', inputs: ['a'], outputs: ['y'], attributes: { axes: [1] } };
  const [inputs, outputs] = [{ x: { dims: ['batch', 2] } }, { y: { dims: ['batch', 1] } }];
  return writeOnnx({ nodes: [norm, sum], inputs, outputs });
}

/** A runtime on which every model is the same: it adds up the two numbers of each row. */
export function summing(behaviour: Behaviour = {}): { open: OpenOnnx; runs: number[]; released: () => number } {
  const { backend = 'ort-wasm', answer = (value) => value, onRun, fails, moreAxes = 0, breaksOn } = behaviour;
  const runs: number[] = [];
  let released = 0;
  const of = (name: string, width: number) =>
    ({ name, isTensor: true, type: 'float32', shape: ['batch', width] }) as OnnxSession['inputs'][number];
  const open: OpenOnnx = async () => {
    let isEnded = false;
    return {
      backend,
      get isEnded() {
        return isEnded;
      },
      inputs: [of('x', 2)],
      outputs: [of('y', 1)],
      async run([x]) {
        if (isEnded) throw MeshError.cancelled();
        const rows = x?.dims[0] ?? 0;
        runs.push(rows);
        onRun?.(rows);
        if (fails || !x) throw new Error('It does not run.');
        const numbers = new Float32Array(x.bytes.slice().buffer);
        const sums = Float32Array.from({ length: rows }, (_, i) =>
          answer((numbers[2 * i] ?? 0) + (numbers[2 * i + 1] ?? 0)),
        );
        if (sums.some((sum) => sum === breaksOn)) {
          isEnded = true;
          throw new MeshError('volunteer-failed', 'The worker of the model ended.');
        }
        const dims = [rows, 1, ...Array<number>(moreAxes).fill(1)];
        return [{ name: 'y', type: 'float32', dims, bytes: new Uint8Array(sums.buffer) }] as NamedTensor[];
      },
      release: () => {
        released++;
      },
    };
  };
  return { open, runs, released: () => released };
}
