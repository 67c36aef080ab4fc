import { describe, expect, test } from 'vitest';
import { ManualClock } from '../../../shared/manual-clock.ts';
import { infer } from '../../../shared/tasks/infer.ts';
import type { TaskProgress } from '../../../shared/tasks/progress.ts';
import { INFER } from '../../../shared/tasks/tuning.ts';
import { nextMacrotask, Schedule } from '../schedule.ts';
import { Inference } from './inference.ts';
import { summing } from './test-sessions.ts';

/** A machine that runs models in the given ways, with a schedule and time that passes only where a run takes it. */
class Bench {
  readonly clock = new ManualClock();
  readonly schedule = new Schedule({ now: () => this.clock.now(), rest: nextMacrotask });
  readonly loads: string[] = [];
  readonly inference: Inference;

  constructor(ways: ReturnType<typeof summing>[]) {
    this.inference = new Inference({
      onnx: {
        loadOnnx: async (model, onShare) => {
          this.loads.push(model);
          onShare(0.5);
          return new Uint8Array(1);
        },
      },
      ways: ways.map(({ open }) => open),
      now: () => this.clock.now(),
    });
  }

  /** Rows of two numbers: n and 0, n + 1 and 0, and so on. Resolves to what the model gave. */
  async run(rows: number, from: number, more: Partial<{ model: string; signal: AbortSignal; tell: unknown[] }> = {}) {
    const { model = 'sum', signal = new AbortController().signal, tell } = more;
    const data = Float32Array.from({ length: 2 * rows }, (_, i) => (i % 2 === 0 ? from + i / 2 : 0));
    const task = infer.pack({ model, inputs: { x: { type: 'float32', dims: [rows, 2], data } } });
    const onProgress = tell && ((progress: TaskProgress) => tell.push(progress));
    const turn = <T>(body: Parameters<typeof this.schedule.task<T>>[2]) => this.schedule.task('owner', signal, body);
    const ready = await this.inference.prepare({ ...task, onProgress }, turn);
    const { backend, computeMs, ...packed } = await this.inference.execute(ready, turn);
    const numbers = Array.from(infer.unpackResult(task, packed).outputs.y?.data ?? [], Number);
    return { numbers, backend, computeMs, buffer: packed.attachments[0]?.buffer };
  }
}

const counted = (rows: number, from: number) => Array.from({ length: rows }, (_, i) => from + i);

describe('tasks that wait together', () => {
  test('are one run of the model, and each gets its rows, in memory of its own', async () => {
    const way = summing();
    const bench = new Bench([way]);
    await bench.run(1, 0);
    way.runs.length = 0;
    const results = await Promise.all([bench.run(1, 10), bench.run(3, 20), bench.run(2, 30)]);
    expect(results.map(({ numbers }) => numbers)).toEqual([counted(1, 10), counted(3, 20), counted(2, 30)]);
    expect(way.runs).toEqual([6]);
    expect(new Set(results.map(({ buffer }) => buffer)).size).toBe(3);
  });

  test('share the time of the run by their rows', async () => {
    const way = summing({ onRun: (rows) => bench.clock.advance(rows) });
    const bench: Bench = new Bench([way]);
    await bench.run(1, 0);
    const results = await Promise.all([bench.run(1, 10), bench.run(3, 20)]);
    expect(results.map(({ computeMs }) => computeMs)).toEqual([1, 3]);
  });

  test('are run by themselves where the first axis is not one of examples, or another model is wanted', async () => {
    const sequence = summing({ axis: 'length' });
    const bench = new Bench([sequence]);
    await Promise.all([bench.run(1, 0), bench.run(2, 5)]);
    expect(sequence.runs.sort()).toEqual([1, 2]);
    const way = summing();
    const other = new Bench([way]);
    await Promise.all([other.run(1, 0), other.run(2, 5, { model: 'other' })]);
    expect(way.runs.sort()).toEqual([1, 2]);
  });

  test('no more than a run may hold', async () => {
    const way = summing();
    const bench = new Bench([way]);
    await bench.run(1, 0);
    way.runs.length = 0;
    await Promise.all(Array.from({ length: INFER.maxMergedTasks + 5 }, (_, i) => bench.run(1, i)));
    expect(Math.max(...way.runs)).toBeLessThanOrEqual(INFER.maxMergedTasks);
    expect(way.runs.reduce((sum, rows) => sum + rows, 0)).toBe(INFER.maxMergedTasks + 5);
  });

  test('do not suffer from one that is cancelled', async () => {
    const way = summing();
    const bench = new Bench([way]);
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
  test('are run some at a time, by what they take, and it is told how far it is', async () => {
    const way = summing({ onRun: (rows) => bench.clock.advance(rows) });
    const bench: Bench = new Bench([way]);
    const tell: TaskProgress[] = [];
    const { numbers } = await bench.run(500, 0, { tell });
    expect(numbers).toEqual(counted(500, 0));
    expect(Math.max(...way.runs)).toBeLessThanOrEqual(INFER.runMs);
    expect(tell[0]).toEqual({ stage: 'loading', share: 0.5 });
    const shares = tell.slice(1).map(({ stage, share }) => (stage === 'computing' ? share : Number.NaN));
    expect(shares.length).toBeGreaterThan(2);
    expect(shares).toEqual([...shares].sort((a, b) => a - b));
    expect(Math.max(...shares)).toBeLessThan(1);
  });

  test('end between two runs when they are cancelled', async () => {
    const controller = new AbortController();
    const way = summing({
      onRun: (rows) => {
        bench.clock.advance(rows);
        if (way.runs.length === 3) controller.abort();
      },
    });
    const bench: Bench = new Bench([way]);
    await expect(bench.run(5_000, 0, { signal: controller.signal })).rejects.toMatchObject({ reason: 'cancelled' });
    await nextMacrotask();
    expect(way.runs).toHaveLength(3);
  });
});

describe('of two ways to run a model', () => {
  const fast = (backend: 'ort-webgpu', behaviour: Parameters<typeof summing>[0] = {}) =>
    summing({ backend, ...behaviour });

  test('the faster one is taken, and the other let go', async () => {
    const slow = summing({ onRun: () => bench.clock.advance(2) });
    const quick = fast('ort-webgpu', { onRun: () => bench.clock.advance(1) });
    const bench: Bench = new Bench([slow, quick]);
    expect((await bench.run(2, 3)).backend).toBe('ort-webgpu');
    expect([slow.released(), quick.released()]).toEqual([1, 0]);
  });

  test.each([
    ['slower', { onRun: () => {} }, 0],
    ['wrong', { answer: (value: number) => value + 1 }, 2],
    ['broken', { fails: true }, 2],
  ])('one that is %s is not', async (_, behaviour, slowMs) => {
    const reference = summing({ onRun: () => bench.clock.advance(slowMs) });
    const other = fast('ort-webgpu', behaviour);
    const bench: Bench = new Bench([reference, other]);
    expect(await bench.run(2, 3)).toMatchObject({ backend: 'ort-wasm', numbers: [3, 4] });
    expect([reference.released(), other.released()]).toEqual([0, 1]);
  });
});

describe('models', () => {
  test('are loaded once for all who wait, and the one not used for longest goes first', async () => {
    const way = summing();
    const bench = new Bench([way]);
    await Promise.all([bench.run(1, 0), bench.run(1, 0)]);
    expect(bench.loads).toEqual(['sum']);
    for (let i = 0; i < INFER.maxSessions; i++) {
      await bench.run(1, 0, { model: `m${i}` });
      if (i < INFER.maxSessions - 1) await bench.run(1, 0);
    }
    await nextMacrotask();
    expect(way.released()).toBe(1);
    await bench.run(1, 0);
    expect(bench.loads.filter((model) => model === 'sum')).toHaveLength(1);
    bench.inference.dispose();
    await nextMacrotask();
    expect(way.released()).toBe(INFER.maxSessions + 1);
  });

  test('that do not run are unknown, and why is said', async () => {
    const bench = new Bench([]);
    await expect(bench.run(1, 0)).rejects.toMatchObject({ reason: 'unknown-model' });
    const way = { ...summing(), open: () => Promise.reject(new Error('no such operator')) };
    await expect(new Bench([way]).run(1, 0)).rejects.toMatchObject({
      reason: 'unknown-model',
      message: expect.stringContaining('no such operator'),
    });
  });
});
