import { describe, expect, test } from 'vitest';
import { MeshError } from '../../../shared/errors.ts';
import type { TaskProgress } from '../../../shared/tasks/definition.ts';
import { INFER } from '../../../shared/tasks/infer/tensors.ts';
import { infer, type RowRelation } from '../../../shared/tasks/infer.ts';
import { ManualClock } from '../../../shared/test-manual-clock.ts';
import { nextMacrotask, Schedule } from '../schedule.ts';
import { INFERENCE, Inference } from './inference.ts';
import { LoadedModelCache, MAX_LOADED_MODELS } from './loaded-model-cache.ts';
import { summing, summingModel } from './test-sessions.ts';

interface RunOptions {
  model?: string;
  signal?: AbortSignal;
  tell?: unknown[];
  relation?: RowRelation;
}

/** Runs models on the given runtimes, with a schedule and a clock that advances only during runs. */
class Bench {
  readonly clock = new ManualClock();
  readonly schedule = new Schedule({
    now: () => this.clock.now(),
    after: (delayMs, callback) => this.clock.after(delayMs, callback),
    yieldToEventLoop: nextMacrotask,
  });
  readonly loads: string[] = [];
  readonly models: LoadedModelCache;
  readonly inference: Inference;

  /** The downloads that are under way end when this is resolved. */
  downloaded: Promise<void> = Promise.resolve();
  readonly aborted: string[] = [];

  constructor(runtimes: ReturnType<typeof summing>[], maxBytes?: number) {
    this.models = new LoadedModelCache({
      onnx: {
        loadOnnx: async (model, onShare, signal) => {
          this.loads.push(model);
          signal.addEventListener('abort', () => this.aborted.push(model));
          onShare(0.5);
          await this.downloaded;
          return model.startsWith('joint') ? summingModel(0) : summingModel();
        },
      },
      ...(maxBytes !== undefined && { maxBytes }),
      runtimes: runtimes.map(({ open }) => open),
    });
    this.inference = new Inference({
      models: this.models,
      now: () => this.clock.now(),
      after: (delayMs, callback) => this.clock.after(delayMs, callback),
    });
  }

  /** Runs rows of two numbers: n and 0, n + 1 and 0, and so on. Resolves to the model's outputs. */
  async run(rows: number, from: number, more: RunOptions = {}) {
    const { model = 'sum', signal = new AbortController().signal, tell, relation } = more;
    const data = Float32Array.from({ length: 2 * rows }, (_, i) => (i % 2 === 0 ? from + i / 2 : 0));
    const task = infer.pack({ model, inputs: { x: { type: 'float32', dims: [rows, 2], data } }, rows: relation });
    const onProgress = tell && ((progress: TaskProgress) => tell.push(progress));
    const slot = <T>(body: Parameters<typeof this.schedule.task<T>>[2]) => this.schedule.task('owner', signal, body);
    const asked = { ...task, signal, onProgress };
    for (;;) {
      try {
        const { backend, computeMs, ...packed } = await this.inference.execute(
          await this.inference.prepare(asked, slot),
          slot,
        );
        const numbers = Array.from(infer.unpackResult(task, packed).outputs.y?.data ?? [], Number);
        return { numbers, backend, computeMs, buffer: packed.attachments[0]?.buffer };
      } catch (cause) {
        // Another task ended the model: it is loaded again, as the engine does it.
        if (MeshError.from(cause).reason !== 'cancelled' || signal.aborted) throw cause;
      }
    }
  }
}

/** Answers all rows but one. */
const failing = (value: number): number => {
  if (value === 666) throw new Error('No such row.');
  return value;
};

const counted = (rows: number, from: number) => Array.from({ length: rows }, (_, i) => from + i);

describe('tasks that wait together', () => {
  test('run as one batch, and each gets its rows in memory of its own', async () => {
    const runtime = summing();
    const bench = new Bench([runtime]);
    await bench.run(1, 0);
    runtime.runs.length = 0;
    const results = await Promise.all([bench.run(1, 10), bench.run(3, 20), bench.run(2, 30)]);
    expect(results.map(({ numbers }) => numbers)).toEqual([counted(1, 10), counted(3, 20), counted(2, 30)]);
    expect(runtime.runs).toEqual([6]);
    expect(new Set(results.map(({ buffer }) => buffer)).size).toBe(3);
  });

  test('share the time of the run by their rows', async () => {
    const runtime = summing({ onRun: (rows) => bench.clock.advance(rows) });
    const bench: Bench = new Bench([runtime]);
    await bench.run(1, 0);
    const results = await Promise.all([bench.run(1, 10), bench.run(3, 20)]);
    expect(results.map(({ computeMs }) => computeMs)).toEqual([1, 3]);
  });

  test('run alone, and whole, where the model may relate its rows, whatever its first axis is called', async () => {
    const joint = summing();
    const bench = new Bench([joint]);
    await Promise.all([bench.run(1, 0, { model: 'joint' }), bench.run(200, 5, { model: 'joint' })]);
    expect(joint.runs.sort()).toEqual([1, 200]);
  });

  test('run as the task says, whatever its graph proves', async () => {
    const runtime = summing();
    const bench = new Bench([runtime]);
    await bench.run(1, 0, { relation: 'joint' });
    runtime.runs.length = 0;
    await Promise.all([bench.run(1, 0, { relation: 'joint' }), bench.run(200, 5, { relation: 'joint' })]);
    expect(runtime.runs.sort()).toEqual([1, 200]);
    runtime.runs.length = 0;
    const [, two] = await Promise.all([
      bench.run(1, 0, { model: 'joint', relation: 'independent' }),
      bench.run(2, 5, { model: 'joint', relation: 'independent' }),
    ]);
    expect(runtime.runs).toEqual([3]);
    expect(two.numbers).toEqual(counted(2, 5));
  });

  test('run alone for another model', async () => {
    const runtime = summing();
    const other = new Bench([runtime]);
    await Promise.all([other.run(1, 0), other.run(2, 5, { model: 'other' })]);
    expect(runtime.runs.sort()).toEqual([1, 2]);
  });

  test('fill no more than one batch', async () => {
    const runtime = summing();
    const bench = new Bench([runtime]);
    await bench.run(1, 0);
    runtime.runs.length = 0;
    await Promise.all(Array.from({ length: INFERENCE.maxMergedTasks + 5 }, (_, i) => bench.run(1, i)));
    expect(Math.max(...runtime.runs)).toBeLessThanOrEqual(INFERENCE.maxMergedTasks);
    expect(runtime.runs.reduce((sum, rows) => sum + rows, 0)).toBe(INFERENCE.maxMergedTasks + 5);
  });

  test('are computed once, though all take turns while the batch runs, and if the first of them is cancelled too', async () => {
    let onRun = (): void => {};
    const runtime = summing({
      onRun: (rows) => {
        bench.clock.advance(rows);
        onRun();
      },
    });
    const bench: Bench = new Bench([runtime]);
    await bench.run(1, 0);
    runtime.runs.length = 0;
    const results = await Promise.all([bench.run(60, 1), bench.run(60, 2)]);
    expect(results.map(({ numbers }) => numbers)).toEqual([counted(60, 1), counted(60, 2)]);
    expect(runtime.runs.length).toBeGreaterThan(2);
    expect(runtime.runs.reduce((sum, rows) => sum + rows, 0)).toBe(120);
    const controller = new AbortController();
    onRun = () => controller.abort();
    const cancelled = expect(bench.run(60, 1, { signal: controller.signal })).rejects.toMatchObject({
      reason: 'cancelled',
    });
    expect((await bench.run(60, 3)).numbers).toEqual(counted(60, 3));
    await cancelled;
  });

  test.each([
    ['throws', { answer: failing }],
    ['ends the model', { breaksOn: 666 }],
  ])('do not fail because of a row of another one that %s, whoever comes first', async (_, behaviour) => {
    for (const order of [
      [10, 666, 30],
      [666, 10, 30],
    ]) {
      const bench = new Bench([summing(behaviour)]);
      await bench.run(1, 0);
      const results = await Promise.all(
        order.map((from) => bench.run(1, from).then(({ numbers }) => numbers, MeshError.from)),
      );
      for (const [i, from] of order.entries()) {
        if (from === 666) expect(results[i]).toMatchObject({ reason: 'volunteer-failed' });
        else expect(results[i]).toEqual([from]);
      }
    }
  });

  test('are not affected by one that is cancelled', async () => {
    const runtime = summing();
    const bench = new Bench([runtime]);
    await bench.run(1, 0);
    const controller = new AbortController();
    const cancelled = expect(bench.run(1, 1, { signal: controller.signal })).rejects.toMatchObject({
      reason: 'cancelled',
    });
    const other = bench.run(1, 7);
    controller.abort();
    await cancelled;
    expect((await other).numbers).toEqual([7]);
  });
});

describe('many rows', () => {
  test('run some at a time, as many as their speed allows, and progress is reported', async () => {
    const runtime = summing({ onRun: (rows) => bench.clock.advance(rows) });
    const bench: Bench = new Bench([runtime]);
    const tell: TaskProgress[] = [];
    const { numbers } = await bench.run(500, 0, { tell });
    expect(numbers).toEqual(counted(500, 0));
    expect(Math.max(...runtime.runs)).toBeLessThanOrEqual(INFERENCE.runMs);
    expect(tell[0]).toEqual({ stage: 'loading', share: 0.5 });
    const shares = tell.slice(1).map(({ stage, share }) => (stage === 'computing' ? share : Number.NaN));
    expect(shares.length).toBeGreaterThan(2);
    expect(shares).toEqual([...shares].sort((a, b) => a - b));
    expect(Math.max(...shares)).toBeLessThan(1);
  });

  test('end between two runs when they are cancelled', async () => {
    const controller = new AbortController();
    const runtime = summing({
      onRun: (rows) => {
        bench.clock.advance(rows);
        if (runtime.runs.length === 3) controller.abort();
      },
    });
    const bench: Bench = new Bench([runtime]);
    await expect(bench.run(5_000, 0, { signal: controller.signal })).rejects.toMatchObject({ reason: 'cancelled' });
    await nextMacrotask();
    expect(runtime.runs).toHaveLength(3);
  });
});

describe('of two runtimes', () => {
  const fast = (backend: 'ort-webgpu', behaviour: Parameters<typeof summing>[0] = {}) =>
    summing({ backend, ...behaviour });

  test('the faster one is used, and the other released', async () => {
    const slow = summing({ onRun: () => bench.clock.advance(2) });
    const quick = fast('ort-webgpu', { onRun: () => bench.clock.advance(1) });
    const bench: Bench = new Bench([slow, quick]);
    expect((await bench.run(2, 3)).backend).toBe('ort-webgpu');
    expect([slow.released(), quick.released()]).toEqual([1, 0]);
  });

  test('a task with which they cannot be measured fails by itself', async () => {
    const bench = new Bench([summing({ answer: failing }), fast('ort-webgpu', { answer: failing })]);
    const [bad, good] = await Promise.allSettled([bench.run(1, 666), bench.run(1, 5)]);
    expect(bad.status).toBe('rejected');
    expect(good).toMatchObject({ value: { numbers: [5] } });
  });

  test.each([
    ['slower', { onRun: () => {} }, 0],
    ['wrong', { answer: (value: number) => value + 1 }, 2],
    ['broken', { fails: true }, 2],
  ])('one that %s is not used', async (_, behaviour, slowMs) => {
    const reference = summing({ onRun: () => bench.clock.advance(slowMs) });
    const other = fast('ort-webgpu', behaviour);
    const bench: Bench = new Bench([reference, other]);
    expect(await bench.run(2, 3)).toMatchObject({ backend: 'ort-wasm', numbers: [3, 4] });
    expect([reference.released(), other.released()]).toEqual([0, 1]);
  });
});

describe('models', () => {
  test('are loaded once for everyone who waits, and the least recently used one is released first', async () => {
    const runtime = summing();
    const bench = new Bench([runtime]);
    await Promise.all([bench.run(1, 0), bench.run(1, 0)]);
    expect(bench.loads).toEqual(['sum']);
    for (let i = 0; i < MAX_LOADED_MODELS; i++) {
      await bench.run(1, 0, { model: `m${i}` });
      if (i < MAX_LOADED_MODELS - 1) await bench.run(1, 0);
    }
    await nextMacrotask();
    expect(runtime.released()).toBe(1);
    await bench.run(1, 0);
    expect(bench.loads.filter((model) => model === 'sum')).toHaveLength(1);
    bench.models.dispose();
    await nextMacrotask();
    expect(runtime.released()).toBe(MAX_LOADED_MODELS + 1);
  });

  test('are released, the least recently used first, where together they have more bytes than there is memory for', async () => {
    const runtime = summing();
    const bench = new Bench([runtime], 2.5 * summingModel().byteLength);
    for (const model of ['a', 'b', 'c']) await bench.run(1, 0, { model });
    await nextMacrotask();
    expect(runtime.released()).toBe(1);
    await bench.run(1, 0, { model: 'b' });
    expect(bench.loads).toEqual(['a', 'b', 'c']);
    await bench.run(1, 0, { model: 'a' });
    expect(bench.loads).toEqual(['a', 'b', 'c', 'a']);
  });

  test('are downloaded no longer once every task that waited for them was cancelled', async () => {
    const runtime = summing();
    const bench = new Bench([runtime]);
    let finish = () => {};
    bench.downloaded = new Promise((resolve) => {
      finish = resolve;
    });
    const [first, second] = [new AbortController(), new AbortController()];
    const runs = [first, second].map(({ signal }) => bench.run(1, 0, { signal }).catch(({ reason }) => reason));
    await nextMacrotask();
    first.abort();
    expect(bench.aborted).toEqual([]);
    second.abort();
    expect(bench.aborted).toEqual(['sum']);
    finish();
    expect(await Promise.all(runs)).toEqual(['cancelled', 'cancelled']);
    // The next task starts anew.
    expect((await bench.run(1, 7)).numbers).toEqual([7]);
    expect(bench.loads).toEqual(['sum', 'sum']);
    expect(bench.aborted).toEqual(['sum']);
  });

  test('whose outputs a gamer would refuse are too large, which is no fault of the volunteer', async () => {
    const bench = new Bench([summing({ moreAxes: INFER.maxRank })]);
    await expect(bench.run(1, 0)).rejects.toMatchObject({
      reason: 'too-large',
      message: expect.stringMatching(/axes.*\.$/),
    });
  });

  test('that do not run are unknown, and the error says why', async () => {
    const bench = new Bench([]);
    await expect(bench.run(1, 0)).rejects.toMatchObject({ reason: 'unknown-model' });
    const runtime = { ...summing(), open: () => Promise.reject(new Error('no such operator')) };
    await expect(new Bench([runtime]).run(1, 0)).rejects.toMatchObject({
      reason: 'unknown-model',
      message: expect.stringContaining('no such operator'),
    });
  });
});
