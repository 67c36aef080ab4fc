import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { agrees, tensorOf } from '../../../shared/tasks/infer/tensors.ts';
import { type InferInput, infer } from '../../../shared/tasks/infer.ts';
import { Engine } from '../engine.ts';
import type { EngineOptions } from '../engine-types.ts';
import type { OnnxSource } from '../models/model-source.ts';
import { openHere, openOnGpu } from '../ort/onnx-sessions.ts';
import { fixedSpeeds } from '../test-gpu.ts';
import { repositoryModels } from '../test-models.ts';
import { openDevice } from '../wgsl/gpu-device.ts';
import { type TestModel, writeOnnx } from './test-onnx.ts';

interface Ship {
  observation: number[];
  controls: number[];
}

let ships: Ship[];
const engines: Engine[] = [];

beforeAll(async () => {
  const response = await fetch('/web/game/simulation/test-vectors/steering.json');
  ships = (await response.json()).ships;
});

afterEach(() => {
  for (const engine of engines.splice(0)) engine.dispose();
});

async function startEngine(options: Partial<EngineOptions> = {}): Promise<Engine> {
  const engine = await Engine.create({
    gpu: undefined,
    now: () => performance.now(),
    models: repositoryModels,
    onnx: repositoryModels,
    measuredSpeeds: await fixedSpeeds(undefined, null),
    ...options,
  });
  engines.push(engine);
  return engine;
}

async function run(engine: Engine, input: InferInput, owner = 'nobody') {
  const task = infer.pack(input);
  const { backend, computeMs, ...packed } = await engine.execute('infer', task, {
    owner,
    signal: new AbortController().signal,
  });
  return { ...infer.unpackResult(task, packed), backend, computeMs };
}

const steering = (of: readonly Ship[]): InferInput => ({
  model: 'steering',
  inputs: {
    observation: {
      type: 'float32',
      dims: [of.length, 15],
      data: Float32Array.from(of.flatMap(({ observation }) => observation)),
    },
  },
});

function expectControls(data: ArrayLike<number | bigint | string> | undefined, wanted: readonly Ship[]): void {
  expect(data).toHaveLength(2 * wanted.length);
  for (const [i, value] of wanted.flatMap(({ controls }) => controls).entries()) {
    expect(Number(data?.[i])).toBeCloseTo(value, 4);
  }
}

test('the steering policy matches PyTorch: one craft at a time, together, and merged with other tasks', async () => {
  const engine = await startEngine();
  const together = await run(engine, steering(ships));
  expect(together.backend).toBe('ort-wasm');
  expect(together.outputs.controls?.dims).toEqual([ships.length, 2]);
  expectControls(together.outputs.controls?.data, ships);
  const alone = [];
  for (const ship of ships) alone.push(await run(engine, steering([ship])));
  const merged = await Promise.all(ships.map((ship, i) => run(engine, steering([ship]), `owner ${i}`)));
  for (const [i, ship] of ships.entries()) {
    expectControls(alone[i]?.outputs.controls?.data, [ship]);
    expect(agrees(alone[i]?.outputs ?? {}, merged[i]?.outputs ?? {})).toBe(true);
    expectControls(merged[i]?.outputs.controls?.data, [ship]);
  }
});

test('thousands of rows come back complete and in order', async () => {
  const engine = await startEngine();
  const many = Array.from({ length: 3_000 }, (_, i) => ships[i % ships.length] ?? { observation: [], controls: [] });
  const { outputs } = await run(engine, steering(many));
  expectControls(outputs.controls?.data, many);
});

test('any other model of the list runs too, and inputs that do not fit are refused with what the model takes', async () => {
  const engine = await startEngine();
  const source = { type: 'float32', dims: [1, 3, 4, 5], data: new Float32Array(60).fill(0.5) };
  const { outputs } = await run(engine, { model: 'fast', inputs: { source } });
  expect(outputs.sharp?.dims).toEqual([1, 3, 8, 10]);
  await expect(run(engine, { model: 'fast', inputs: { sauce: source } })).rejects.toMatchObject({
    reason: 'bad-input',
    message: expect.stringContaining("'source' as float32 [1, 3, height, width]"),
  });
  await expect(run(engine, { model: 'nobody', inputs: { source } })).rejects.toMatchObject({ reason: 'unknown-model' });
});

test('a file that is no model is unknown, and the next task runs', async () => {
  const onnx = {
    loadOnnx: async (model: string, onShare: (share: number) => void, signal: AbortSignal) =>
      model === 'rubbish' ? new Uint8Array([1, 2, 3]) : repositoryModels.loadOnnx(model, onShare, signal),
  };
  const engine = await startEngine({ onnx });
  await expect(run(engine, { ...steering(ships), model: 'rubbish' })).rejects.toMatchObject({
    reason: 'unknown-model',
  });
  expectControls((await run(engine, steering(ships))).outputs.controls?.data, ships);
});

test.each<[string, TestModel]>([
  [
    'a softmax over the rows',
    {
      nodes: [{ operator: 'Softmax', inputs: ['x'], outputs: ['y'], attributes: { axis: 0 } }],
      ...{ inputs: { x: { dims: ['batch', 2] } }, outputs: { y: { dims: ['batch', 2] } } },
    },
  ],
  [
    'a dynamic quantisation',
    {
      nodes: [
        { operator: 'DynamicQuantizeLinear', inputs: ['x'], outputs: ['q', 'scale', 'zero'] },
        { operator: 'DequantizeLinear', inputs: ['q', 'scale', 'zero'], outputs: ['y'] },
      ],
      ...{ inputs: { x: { dims: ['batch', 2] } }, outputs: { y: { dims: ['batch', 2] } } },
    },
  ],
])('%s sees all rows of a task and none of another', async (_, model) => {
  const bytes = writeOnnx(model);
  const engine = await startEngine({ onnx: { loadOnnx: async () => bytes.slice() } });
  const tensor = (from: number) => ({
    x: { type: 'float32', dims: [16, 2], data: Float32Array.from({ length: 32 }, (_, i) => (from + i) * 0.1) },
  });
  const session = await openHere(bytes.slice());
  const bare = async (inputs: InferInput['inputs']) => {
    const { params, attachments } = infer.pack({ model: 'm', inputs });
    const [y] = await session.run(
      params.inputs.map((header, at) => ({ ...header, bytes: attachments[at] ?? new Uint8Array(0) })),
    );
    return y && tensorOf(y, y.bytes).data;
  };
  const tasks = [tensor(0), tensor(100)];
  const results = await Promise.all(tasks.map((inputs) => run(engine, { model: 'm', inputs })));
  for (const [i, inputs] of tasks.entries()) expect(results[i]?.outputs.y?.data).toEqual(await bare(inputs));
  session.release();
});

describe('a model runs', () => {
  const models = new Map<string, Uint8Array<ArrayBuffer>>();
  let engine: Engine;
  beforeAll(async () => {
    const onnx: OnnxSource = {
      loadOnnx: async (name) => models.get(name)?.slice() ?? new Uint8Array(0),
      loadData: async (_, path) => {
        expect(path).toBe('weights.bin');
        return new Uint8Array(Float32Array.of(7, 8).buffer);
      },
    };
    engine = await startEngine({ onnx });
    // This one is kept for all tests here.
    engines.pop();
  });
  afterAll(() => engine.dispose());
  const runModel = async (model: TestModel, inputs: InferInput['inputs']) => {
    const name = `m${models.size}`;
    models.set(name, writeOnnx(model));
    return (await run(engine, { model: name, inputs })).outputs;
  };
  const same = (type: 'string' | 'float32', dims: (number | string)[]): TestModel => ({
    nodes: [{ operator: 'Identity', inputs: ['x'], outputs: ['y'] }],
    ...{ inputs: { x: { type, dims } }, outputs: { y: { type, dims } } },
  });

  test('with texts', async () => {
    const x = { type: 'string' as const, dims: [2, 1], data: ['a', 'ä€😀'] };
    expect(await runModel(same('string', ['n', 1]), { x })).toEqual({ y: x });
  });

  test('with an empty tensor, as the cache of a first step, and with sizes that have no name', async () => {
    const x = { type: 'float32', dims: [1, 0, 4], data: new Float32Array(0) };
    expect(await runModel(same('float32', ['', 'past', -1]), { x })).toEqual({ y: x });
  });

  test('with weights in a file of their own', async () => {
    const model: TestModel = {
      nodes: [{ operator: 'Add', inputs: ['x', 'w'], outputs: ['y'] }],
      ...{ inputs: { x: { dims: ['n', 2] } }, outputs: { y: { dims: ['n', 2] } } },
      constants: { w: { dims: [2], values: [], file: 'weights.bin' } },
    };
    const x = { type: 'float32', dims: [1, 2], data: Float32Array.of(1, 2) };
    expect((await runModel(model, { x })).y?.data).toEqual(Float32Array.of(8, 10));
  });

  test('without inputs', async () => {
    const model: TestModel = {
      nodes: [{ operator: 'Neg', inputs: ['c'], outputs: ['y'] }],
      ...{ outputs: { y: { dims: [2] } }, constants: { c: { dims: [2], values: [1, 2] } } },
    };
    expect(await runModel(model, {})).toEqual({ y: { type: 'float32', dims: [2], data: Float32Array.of(-1, -2) } });
  });

  test('but not with inputs that it cannot compute, which is no fault of the machine', async () => {
    const model: TestModel = {
      nodes: [{ operator: 'Gather', inputs: ['table', 'x'], outputs: ['y'] }],
      ...{ inputs: { x: { type: 'int64', dims: ['n'] } }, outputs: { y: { dims: ['n'] } } },
      constants: { table: { dims: [2], values: [1, 2] } },
    };
    const x = { type: 'int64', dims: [1], data: BigInt64Array.of(9n) };
    await expect(runModel(model, { x })).rejects.toMatchObject({
      reason: 'bad-input',
      message: expect.stringMatching(/^The model does not take these inputs .*Correct them\.$/s),
    });
  });

  test('with the default of an input, and with another value of it', async () => {
    const model: TestModel = {
      nodes: [{ operator: 'Mul', inputs: ['x', 'factor'], outputs: ['y'] }],
      ...{ inputs: { x: { dims: ['n'] }, factor: { dims: [1] } }, outputs: { y: { dims: ['n'] } } },
      constants: { factor: { dims: [1], values: [3] } },
    };
    const x = { type: 'float32', dims: [2], data: Float32Array.of(1, 2) };
    const factor = { type: 'float32', dims: [1], data: Float32Array.of(5) };
    expect((await runModel(model, { x })).y?.data).toEqual(Float32Array.of(3, 6));
    expect((await runModel(model, { x, factor })).y?.data).toEqual(Float32Array.of(5, 10));
  });
});

test('on a device the answers are the same', async () => {
  const opened = await openDevice(navigator.gpu);
  if (!opened) throw new Error('There is no WebGPU here.');
  const session = await openOnGpu(opened.device)(
    await repositoryModels.loadOnnx('steering', () => {}, new AbortController().signal),
  );
  const { params, attachments } = infer.pack(steering(ships));
  const inputs = params.inputs.map((header, at) => ({ ...header, bytes: attachments[at] ?? new Uint8Array(0) }));
  const [controls] = await session.run(inputs);
  expect(session.backend).toBe('ort-webgpu');
  expect(controls).toMatchObject({ name: 'controls', type: 'float32', dims: [ships.length, 2] });
  expectControls(controls && tensorOf(controls, controls.bytes).data, ships);
  opened.device.destroy();
  await expect(session.run(inputs)).rejects.toMatchObject({ reason: 'device-lost' });
  session.release();
});
