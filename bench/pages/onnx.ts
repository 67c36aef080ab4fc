import { agrees, bytesOfTexts, type Tensor, type TensorType, tensorOf } from '../../shared/tasks/infer/tensors.ts';
import { infer } from '../../shared/tasks/infer.ts';
import { Engine } from '../../web/compute/engine.ts';
import { EXCLUSIVE_SLOT } from '../../web/compute/filter-benchmark.ts';
import { type NamedTensor, openHere } from '../../web/compute/ort/onnx-sessions.ts';

/** A tensor that can be sent to a page: numbers as base64. */
export interface PlainTensor {
  name: string;
  type: TensorType;
  dims: number[];
  texts: string[];
  raw: string;
}

export interface NodeCase {
  name: string;
  model: string;
  inputs: PlainTensor[];
  outputs: PlainTensor[];
}

type Finding = 'right' | 'wrong' | 'refused';

/** Runs each case on onnxruntime-web alone, and as a task of an engine. `said`: the error of the task, or what differs. */
export async function runCases(
  cases: NodeCase[],
): Promise<{ name: string; bare: Finding; ours: Finding; said: string }[]> {
  const models = new Map(cases.map(({ name, model }) => [name, fromBase64(model)]));
  const engine = await Engine.create({
    gpu: undefined,
    now: () => performance.now(),
    onnx: { loadOnnx: async (name) => models.get(name)?.slice() ?? new Uint8Array(0) },
    preferBackend: 'js',
  });
  const results = [];
  for (const one of cases) {
    const wanted = Object.fromEntries(one.outputs.map((output) => [output.name, tensorOf(output, bytesOf(output))]));
    const bare = await findingOf(() => runBare(one, models.get(one.name)), wanted);
    const ours = await findingOf(() => runTask(engine, one), wanted);
    results.push({ name: one.name, bare: bare.finding, ours: ours.finding, said: ours.said });
  }
  engine.dispose();
  return results;
}

async function findingOf(run: () => Promise<Record<string, Tensor>>, wanted: Record<string, Tensor>) {
  try {
    const given = await run();
    const finding: Finding = agrees(wanted, given) ? 'right' : 'wrong';
    return { finding, said: finding === 'right' ? '' : `gave ${Object.keys(given).join(', ')}` };
  } catch (cause) {
    const finding: Finding = 'refused';
    return { finding, said: cause instanceof Error ? cause.message : String(cause) };
  }
}

async function runBare({ inputs }: NodeCase, model = new Uint8Array(0)): Promise<Record<string, Tensor>> {
  const session = await openHere(model.slice());
  try {
    const outputs = await session.run(inputs.map(named));
    return Object.fromEntries(outputs.map(({ name, bytes, ...header }) => [name, tensorOf(header, bytes)]));
  } finally {
    session.release();
  }
}

async function runTask(engine: Engine, { name, inputs }: NodeCase): Promise<Record<string, Tensor>> {
  const given = inputs.map((input) => [input.name, tensorOf(input, bytesOf(input))] as const);
  const task = infer.pack({ model: name, inputs: Object.fromEntries(given) });
  const { value, attachments } = await engine.execute('infer', task, { owner: 'bench', signal: EXCLUSIVE_SLOT.signal });
  return infer.unpackResult(task, { value, attachments }).outputs;
}

function named(tensor: PlainTensor): NamedTensor {
  const { name, type, dims } = tensor;
  const bytes = bytesOf(tensor);
  return { name, type, dims, ...(type === 'string' && { textBytes: bytes.byteLength }), bytes };
}

function bytesOf({ type, texts, raw }: PlainTensor): Uint8Array {
  return type === 'string' ? bytesOfTexts(texts) : fromBase64(raw);
}

function fromBase64(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
}
