import { afterEach, beforeEach, expect, test } from 'vitest';
import type { ReportListener } from '../../../shared/tasks/definition.ts';
import { infer } from '../../../shared/tasks/infer.ts';
import { Engine } from '../engine.ts';
import { openInWorker } from '../ort/worker-session.ts';
import { fixedSpeeds } from '../test-gpu.ts';
import { loopingModel, writeOnnx } from './test-onnx.ts';

/** Rounds of the model that take seconds on any machine, and those that take a moment. */
const LONG = 40_000n;
const ENDLESS = 40_000_000n;
const SHORT = 10n;

let engine: Engine;

beforeEach(async () => {
  const model = loopingModel();
  engine = await Engine.create({
    gpu: undefined,
    now: () => performance.now(),
    onnx: { loadOnnx: async () => model.slice() },
    measuredSpeeds: await fixedSpeeds(undefined, null),
  });
});

afterEach(() => engine.dispose());

function run(rounds: bigint, signal = new AbortController().signal, onProgress: ReportListener = () => {}) {
  const task = infer.pack({
    model: 'looping',
    inputs: {
      n: { type: 'int64', dims: [], data: BigInt64Array.of(rounds) },
      x: { type: 'float32', dims: [64, 64], data: new Float32Array(64 * 64).fill(2) },
    },
  });
  return engine.execute('infer', task, { owner: 'nobody', signal, onProgress });
}

/** An upscaled picture, which this thread computes. */
function picture() {
  const params = { width: 8, height: 8, outWidth: 16, outHeight: 16, quality: 'bilinear' };
  const options = { owner: 'another', signal: new AbortController().signal };
  return engine.execute('upscale', { params, attachments: [new Uint8Array(8 * 8 * 4)] }, options);
}

test('while a model runs for long, this thread goes on: other tasks are computed, and progress is told', async () => {
  await run(SHORT);
  const shares: number[] = [];
  const stopping = new AbortController();
  const endless = run(ENDLESS, stopping.signal, (report) => {
    if (report.stage === 'computing') shares.push(report.share);
  });
  for (let pictures = 0; pictures < 20; pictures++) await picture();
  await expect.poll(() => shares.length).toBeGreaterThan(0);
  stopping.abort();
  await expect(endless).rejects.toMatchObject({ reason: 'cancelled' });

  const { attachments, computeMs } = await run(LONG);
  expect(new Float32Array(attachments[0]?.slice().buffer ?? new ArrayBuffer(0))).toEqual(
    new Float32Array(64 * 64).fill(2),
  );
  expect(computeMs).toBeGreaterThan(100);
});

test('opening a model for which nobody waits any more ends at once, however long it would take', async () => {
  const cancelling = new AbortController();
  const opening = openInWorker(loopingModel().slice(), [], cancelling.signal);
  cancelling.abort();
  await expect(opening).rejects.toMatchObject({ reason: 'cancelled' });
});

test('a run for which there is no memory ends its worker, which frees what it had', async () => {
  const model = writeOnnx({
    nodes: [{ operator: 'ConstantOfShape', inputs: ['shape'], outputs: ['y'] }],
    ...{ inputs: { shape: { type: 'int64', dims: [1] } }, outputs: { y: { dims: ['n'] } } },
  });
  const session = await openInWorker(model);
  // Almost all that WebAssembly can address, of which the runtime has some already: nothing is allocated.
  const elements = BigInt64Array.of(2n ** 30n - 2n ** 20n);
  const shape = { name: 'shape', type: 'int64' as const, dims: [1], bytes: new Uint8Array(elements.buffer) };
  // The inputs are too large, which is no fault of the machine.
  await expect(session.run([shape])).rejects.toMatchObject({ reason: 'too-large' });
  expect(session.isEnded).toBe(true);
});

test('a long run that is cancelled ends, and the model runs again, also for another task that waited for it', async () => {
  await run(SHORT);
  const cancelling = new AbortController();
  const endless = expect(run(ENDLESS, cancelling.signal)).rejects.toMatchObject({ reason: 'cancelled' });
  const waiting = run(SHORT);
  for (let n = 0; n < 5; n++) await picture();
  cancelling.abort();
  await endless;
  expect((await waiting).backend).toBe('ort-wasm');
  expect((await run(SHORT)).backend).toBe('ort-wasm');
});
