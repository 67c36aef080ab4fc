import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { MeshError } from '../../shared/errors.ts';
import type { AnyTaskDefinition } from '../../shared/tasks/catalogue.ts';
import type { PackedTask, TaskProgress, TaskTiles } from '../../shared/tasks/definition.ts';
import { echo } from '../../shared/tasks/echo.ts';
import { describeTask, type FinalOutcome, type Job, type JobResult } from './job.ts';
import { JobSplitter } from './job-splitter.ts';
import { TestBench, type TestVolunteer, ticksPass } from './test-bench.ts';

const MIB = 1024 * 1024;

/** An echo of 12 bytes in tiles of four, each of which claims to need this much memory. */
function tiledEcho(tileBytes: number, cutTiles: number[] = []): AnyTaskDefinition {
  const tiles = ({ attachments: [bytes = new Uint8Array(0)] }: PackedTask): TaskTiles<unknown> | null => {
    if (bytes.length <= 4) return null;
    const whole = new Uint8Array(bytes.length);
    return {
      count: bytes.length / 4,
      cut: (n) => {
        cutTiles.push(n);
        return { params: { sizeBytes: 4 }, attachments: [bytes.slice(4 * n, 4 * n + 4)] };
      },
      paste: (n, { attachments: [part = new Uint8Array(0)] }) => whole.set(part, 4 * n),
      whole: { value: null, attachments: [whole] },
    };
  };
  return { ...echo, tiles, resultBytes: () => tileBytes } as AnyTaskDefinition;
}

let bench: TestBench;
let splitter: JobSplitter;
let ended: FinalOutcome<JobResult>[];
const bytes = Uint8Array.from({ length: 12 }, (_, n) => n + 1);

beforeEach(() => {
  bench = new TestBench();
  splitter = new JobSplitter(bench.dispatcher, bench.clock);
  ended = [];
});
afterEach(() => bench.dispose());

function submit(definition: AnyTaskDefinition, onProgress?: (progress: TaskProgress) => void) {
  const job: Job = {
    ...describeTask(definition, { params: { sizeBytes: 12 }, attachments: [bytes] }),
    ...{ where: 'volunteers', priority: 0, deadlineMs: 1_000, submittedMs: bench.clock.now(), onProgress },
  };
  return splitter.submit(job, (outcome) => ended.push(outcome));
}

const heldBy = (volunteer: TestVolunteer) => volunteer.started.filter((job) => !volunteer.cancelled.includes(job));

describe('a job that no machine takes in one piece', () => {
  test('runs tile by tile on all volunteers, and its result is whole', async () => {
    const [one, two] = [bench.volunteer('one'), bench.volunteer('two')];
    const shares: number[] = [];
    submit(tiledEcho(1), ({ share }) => shares.push(share));
    await ticksPass();
    expect(one.started.length + two.started.length).toBe(3);
    expect(Math.min(one.started.length, two.started.length)).toBeGreaterThan(0);
    for (const volunteer of [two, one]) for (const job of volunteer.started) volunteer.end(job);
    await ticksPass();
    expect(ended).toEqual([{ kind: 'done', result: expect.objectContaining({ value: { bytes } }) }]);
    expect(ended[0]).toMatchObject({ result: { computedBy: expect.arrayContaining(['one', 'two']), isChecked: true } });
    expect(shares).toEqual([1 / 3, 2 / 3, 1]);
  });

  test('has only so many bytes under way, and cuts a tile when it is its turn', async () => {
    const cut: number[] = [];
    const volunteer = bench.volunteer('one');
    submit(tiledEcho(100 * MIB, cut));
    await ticksPass();
    expect(cut).toEqual([0, 1]);
    volunteer.end(volunteer.started[0]);
    await ticksPass();
    expect(cut).toEqual([0, 1, 2]);
  });

  test('runs the tiles again of a volunteer that is no longer trusted', async () => {
    const [good, bad] = [bench.volunteer('good'), bench.volunteer('bad')];
    submit(tiledEcho(1));
    await ticksPass();
    const theirs = bad.started.length;
    for (const job of bad.started) bad.end(job);
    await ticksPass();
    bench.trust.wrong({ volunteerId: 'bad', work: 'echo', error: MeshError.verifyFailed('It lied.') });
    splitter.evictByVolunteer('bad');
    await ticksPass();
    expect(good.started.length).toBe(3);
    expect(theirs).toBeGreaterThan(0);
    for (const job of good.started) good.end(job);
    await ticksPass();
    expect(ended).toMatchObject([{ kind: 'done', result: { computedBy: ['good'], value: { bytes } } }]);
  });

  test('takes its tiles back when it is aborted, or when one of them fails for good', async () => {
    const volunteer = bench.volunteer('one');
    submit(tiledEcho(1)).abort(MeshError.cancelled());
    expect(ended).toMatchObject([{ kind: 'failed', error: { reason: 'cancelled' } }]);
    await ticksPass();
    expect(volunteer.held).toBe(0);
    submit(tiledEcho(1));
    await ticksPass();
    const error = MeshError.badInput('It cannot be done.');
    for (const job of heldBy(volunteer)) volunteer.end(job, { kind: 'failed', error });
    await ticksPass();
    expect(ended).toHaveLength(2);
    expect(ended[1]).toMatchObject({ kind: 'failed' });
    expect(volunteer.held).toBe(0);
    expect(bench.dispatcher.queued).toBe(0);
  });
});
