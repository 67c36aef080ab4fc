import { MeshError } from '../../shared/errors.ts';
import type { PackedResult } from '../../shared/tasks/definition.ts';
import { ManualClock } from '../../shared/test-manual-clock.ts';
import { VolunteerTrust } from '../net/volunteer-trust.ts';
import type { Redispatch } from './dispatch-counts.ts';
import { Dispatcher } from './dispatcher.ts';
import type { AttemptResult, Job, Outcome, Runner, Timing } from './job.ts';
import { type LocalEngine, LocalRunner } from './local-runner.ts';
import { prepareTaskKeys } from './result-cache.ts';
import { TaskDeduplicator } from './task-deduplicator.ts';
import { type SubmitOptions, TaskRegistry } from './task-registry.ts';

// Keys of small tasks are computed at once: Web Crypto computes them on another thread, which a busy machine may run only after any number of ticks.
await prepareTaskKeys();

/** A volunteer whose answers the test decides. */
export class TestVolunteer implements Runner {
  readonly started: Job[] = [];
  readonly cancelled: Job[] = [];
  capacity = 8;
  msPerTask = 10;
  /** Added for each unit of cost, ms. */
  msPerUnit = 0;
  isAccepting = true;
  isSilent = false;
  /** By default no attempt is ever late, and no exploration is needed. */
  lateMs = Number.POSITIVE_INFINITY;
  measuredMs: number | null = Number.POSITIVE_INFINITY;
  readonly #waiting = new Map<Job, (outcome: Outcome<AttemptResult>) => void>();

  constructor(
    readonly id: string,
    readonly types: readonly string[] = ['echo', 'upscale'],
  ) {}

  get hasCapacity(): boolean {
    return this.#waiting.size < this.capacity;
  }

  can(type: string): boolean {
    return this.types.includes(type);
  }

  predictMs(job: Job): number {
    return [job, ...this.#waiting.keys()].reduce((sum, held) => sum + this.workMs(held), 0);
  }

  workMs({ cost }: Job): number {
    return this.msPerTask + this.msPerUnit * cost;
  }

  lateAfterMs(): number {
    return this.lateMs;
  }

  measuredAtMs(): number | null {
    return this.measuredMs;
  }

  isRunning(kind: string): boolean {
    return [...this.#waiting.keys()].some((job) => job.kind === kind);
  }

  /** Attempts that neither ended nor were cancelled. */
  get held(): number {
    return this.#waiting.size;
  }

  start(job: Job, onOutcome: (outcome: Outcome<AttemptResult>) => void): void {
    this.started.push(job);
    this.#waiting.set(job, onOutcome);
  }

  cancel(job: Job): void {
    this.cancelled.push(job);
    this.#waiting.delete(job);
  }

  /** Ends one attempt, by default with the echo its task asks for. */
  end(job: Job | undefined, outcome?: Outcome<AttemptResult>): void {
    if (!job) throw new Error(`${this.id} was given no such job`);
    const onOutcome = this.#waiting.get(job);
    this.#waiting.delete(job);
    onOutcome?.(outcome ?? echoed(job));
  }
}

function echoed({ packed }: Job): Outcome<AttemptResult> {
  const result = { value: null, attachments: packed.attachments };
  return { kind: 'done', result: { packed: result, backend: 'test', queueMs: 0, computeMs: 1 } };
}

/** A local engine that echoes after `msPerTask` of a manual clock, one task after another. */
export class TestEngine implements LocalEngine {
  readonly executed: string[] = [];
  readonly cancelled: number[] = [];
  msPerTask = 10;
  failure: Error | null = null;
  #freeAtMs = 0;

  constructor(
    readonly clock: ManualClock,
    readonly types: readonly string[] = ['echo', 'upscale'],
  ) {}

  async backends() {
    return Object.fromEntries(this.types.map((type) => [type, { backend: 'js', unitsPerMs: 1 }]));
  }

  execute(_callId: number, type: string, { attachments }: { attachments: Uint8Array[] }) {
    this.executed.push(type);
    this.#freeAtMs = Math.max(this.#freeAtMs, this.clock.now()) + this.msPerTask;
    return new Promise<PackedResult & { backend: string; computeMs: number }>((resolve, reject) => {
      this.clock.after(this.#freeAtMs - this.clock.now(), () => {
        if (this.failure) reject(this.failure);
        else resolve({ value: null, attachments, backend: 'js', computeMs: this.msPerTask });
      });
    });
  }

  cancel(callId: number): void {
    this.cancelled.push(callId);
  }
}

/** Lets the event loop turn a few times, so that promises settle and the dispatcher schedules. */
export async function ticksPass(ticks = 4): Promise<void> {
  for (let tick = 0; tick < ticks; tick++) await new Promise((resolve) => setImmediate(resolve));
}

/** A dispatcher with a manual clock, and a local engine and volunteers controlled by the test. */
export class TestBench {
  readonly clock = new ManualClock(1_000);
  readonly engine = new TestEngine(this.clock);
  /** Volunteer ids and whether they succeeded, in order. */
  readonly verdicts: [string, boolean][] = [];
  readonly redispatches: Redispatch[] = [];
  readonly barred: string[] = [];
  /** Every result is checked, unless a test says otherwise. */
  random = () => 0;
  /** This machine's answer where a check asks for one. */
  compute = async (): Promise<PackedResult> => ({ value: null, attachments: [] });
  readonly trust = new VolunteerTrust(() => this.random());
  readonly dispatcher: Dispatcher;
  readonly deduplicator: TaskDeduplicator;
  readonly registry: TaskRegistry;

  constructor() {
    const local: LocalRunner = new LocalRunner(
      this.engine,
      () => this.clock.now(),
      () => this.dispatcher.wake(),
    );
    this.dispatcher = new Dispatcher(
      this.clock,
      local,
      {
        onVolunteerResult: (id, succeeded) => this.verdicts.push([id, succeeded]),
        onRedispatch: (redispatch) => this.redispatches.push(redispatch),
      },
      this.trust,
      { random: () => this.random(), rest: async () => {}, compute: () => this.compute() },
    );
    this.trust.barred.add(({ volunteerId }) => {
      this.barred.push(volunteerId);
      this.deduplicator.evictByVolunteer(volunteerId);
    });
    this.deduplicator = new TaskDeduplicator(this.dispatcher, this.clock);
    this.registry = new TaskRegistry(this.deduplicator, this.clock);
  }

  /** Submits an echo of one byte, without the cache unless `cache` says otherwise. */
  submit(options: Partial<SubmitOptions> = {}, byte = 1) {
    return this.submitBytes(new Uint8Array([byte]), { cache: false, ...options });
  }

  submitBytes(bytes: Uint8Array, options: Partial<SubmitOptions> = {}) {
    return submitEcho(this.registry, bytes, options);
  }

  /** Measures this machine, so that it needs no exploration. */
  async warmUp(): Promise<void> {
    const { result } = this.submit({ where: 'local' });
    await ticksPass();
    this.clock.advance(this.engine.msPerTask);
    await result;
  }

  volunteer(id: string, types?: string[]): TestVolunteer {
    const runner = new TestVolunteer(id, types);
    this.dispatcher.add(runner);
    return runner;
  }

  dispose(): void {
    this.deduplicator.dispose(MeshError.closed('The test'));
    this.dispatcher.dispose(MeshError.closed('The test'));
    this.registry.dispose();
  }
}

/** Submits an echo. The registry itself does not know the types of results. */
export function submitEcho(registry: TaskRegistry, bytes: Uint8Array, options: Partial<SubmitOptions>) {
  const toResult = (value: unknown) => value as Record<string, unknown>;
  const task = registry.submit('echo', () => ({ bytes }), { where: 'auto', ...options }, toResult);
  return { ...task, result: task.result as Promise<{ bytes: Uint8Array; timing: Timing }> };
}

export const reasonOf = (promise: Promise<unknown>) =>
  promise.then(
    () => 'no error',
    (error: MeshError) => error.reason,
  );
