import type { ManualClock } from '../../shared/manual-clock.ts';
import type { PackedResult } from '../../shared/tasks/definition.ts';
import type { Job, Outcome, Runner } from './job.ts';
import type { LocalEngine } from './local-runner.ts';

/** A volunteer for tests: does what it is told, when it is told. */
export class TestVolunteer implements Runner {
  readonly started: Job[] = [];
  readonly cancelled: Job[] = [];
  room = 8;
  msPerTask = 10;
  /** Of cost, beside that. */
  msPerUnit = 0;
  accepts = true;
  silent = false;
  /** By default nothing is ever late, and nothing needs to be explored. */
  lateMs = Number.POSITIVE_INFINITY;
  measuredMs: number | null = Number.POSITIVE_INFINITY;
  readonly #waiting = new Map<Job, (outcome: Outcome) => void>();

  constructor(
    readonly id: string,
    readonly types: readonly string[] = ['echo', 'upscale'],
  ) {}

  get hasRoom(): boolean {
    return this.#waiting.size < this.room;
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

  isAt(kind: string): boolean {
    return [...this.#waiting.keys()].some((job) => job.kind === kind);
  }

  /** Attempts that were begun and neither ended nor cancelled. */
  get held(): number {
    return this.#waiting.size;
  }

  start(job: Job, onOutcome: (outcome: Outcome) => void): void {
    this.started.push(job);
    this.#waiting.set(job, onOutcome);
  }

  cancel(job: Job): void {
    this.cancelled.push(job);
    this.#waiting.delete(job);
  }

  /** Ends one attempt; by default with the echo its task asked for. */
  end(job: Job | undefined, outcome?: Outcome): void {
    if (!job) throw new Error(`${this.id} was given no such job`);
    const onOutcome = this.#waiting.get(job);
    this.#waiting.delete(job);
    onOutcome?.(outcome ?? echoed(job));
  }
}

function echoed({ packed }: Job): Outcome {
  const result = { value: null, attachments: packed.attachments };
  return { kind: 'result', result, backend: 'test', queueMs: 0, computeMs: 1 };
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

/** Lets promises and messages to ourselves run: what the dispatcher does at the end of a turn is done after it. */
export async function turnsPass(turns = 4): Promise<void> {
  for (let turn = 0; turn < turns; turn++) await new Promise((resolve) => setImmediate(resolve));
}
