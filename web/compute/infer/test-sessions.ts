import type { NamedTensor, OnnxSession, OpenOnnx } from '../ort/onnx-sessions.ts';

interface Behaviour {
  backend?: OnnxSession['backend'];
  /** Name of the first axis. */
  axis?: string;
  /** Maps a correct sum to what the session answers. */
  answer?: (value: number) => number;
  /** Called with the number of rows of each run. */
  onRun?: (rows: number) => void;
  fails?: boolean;
}

/** A runtime on which every model is the same: it adds up the two numbers of each row. */
export function summing(behaviour: Behaviour = {}): { open: OpenOnnx; runs: number[]; released: () => number } {
  const { backend = 'ort-wasm', axis = 'batch', answer = (value) => value, onRun, fails } = behaviour;
  const runs: number[] = [];
  let released = 0;
  const of = (name: string, width: number) =>
    ({ name, isTensor: true, type: 'float32', shape: [axis, width] }) as OnnxSession['inputs'][number];
  const open: OpenOnnx = async () => ({
    backend,
    inputs: [of('x', 2)],
    outputs: [of('y', 1)],
    async run([x]) {
      const rows = x?.dims[0] ?? 0;
      runs.push(rows);
      onRun?.(rows);
      if (fails || !x) throw new Error('It does not run.');
      const numbers = new Float32Array(x.bytes.slice().buffer);
      const sums = Float32Array.from({ length: rows }, (_, i) =>
        answer((numbers[2 * i] ?? 0) + (numbers[2 * i + 1] ?? 0)),
      );
      return [{ name: 'y', type: 'float32', dims: [rows, 1], bytes: new Uint8Array(sums.buffer) }] as NamedTensor[];
    },
    release: () => {
      released++;
    },
  });
  return { open, runs, released: () => released };
}
