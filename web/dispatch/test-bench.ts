import { MeshError } from '../../shared/errors.ts';
import { ManualClock } from '../../shared/manual-clock.ts';
import { VolunteerTrust } from '../net/volunteer-trust.ts';
import { Dispatcher, type Redispatch } from './dispatcher.ts';
import { LocalRunner } from './local-runner.ts';
import { SplitWork } from './split-work.ts';
import { TaskDeduplicator } from './task-deduplicator.ts';
import { type BookOptions, TaskRegistry } from './task-registry.ts';
import { TestEngine, TestVolunteer, turnsPass } from './test-runner.ts';
import type { Timing } from './timing.ts';

/** A dispatcher with a clock, a local engine and volunteers that do what a test tells them. */
export class TestBench {
  readonly clock = new ManualClock(1_000);
  readonly engine = new TestEngine(this.clock);
  /** Volunteer and whether it succeeded, in order. */
  readonly verdicts: [string, boolean][] = [];
  readonly redispatches: Redispatch[] = [];
  readonly barred: string[] = [];
  /** Every result is checked, unless a test says otherwise. */
  random = () => 0;
  readonly trust = new VolunteerTrust(() => this.random());
  readonly dispatcher: Dispatcher;
  readonly work: TaskDeduplicator;
  readonly book: TaskRegistry;

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
      {
        trust: this.trust,
        random: () => this.random(),
        rest: async () => {},
        compute: async () => ({ value: null, attachments: [] }),
      },
    );
    this.trust.barred.add(({ volunteerId }) => {
      this.barred.push(volunteerId);
      this.work.forgetFrom(volunteerId);
    });
    this.work = new TaskDeduplicator(new SplitWork(this.dispatcher, this.clock), this.clock);
    this.book = new TaskRegistry(this.work, this.clock);
  }

  /** An echo of one byte, run whether its result is known or not, unless `cache` says otherwise. */
  submit(options: Partial<BookOptions> = {}, byte = 1) {
    return this.submitBytes(new Uint8Array([byte]), { cache: false, ...options });
  }

  submitBytes(bytes: Uint8Array, options: Partial<BookOptions> = {}) {
    return submitEcho(this.book, bytes, options);
  }

  /** Measures this machine, so that nothing needs to be tried here to learn what it takes. */
  async warmUp(): Promise<void> {
    const { result } = this.submit({ where: 'local' });
    await turnsPass();
    this.clock.advance(this.engine.msPerTask);
    await result;
  }

  volunteer(id: string, types?: string[]): TestVolunteer {
    const runner = new TestVolunteer(id, types);
    this.dispatcher.add(runner);
    return runner;
  }

  dispose(): void {
    this.work.dispose(MeshError.closed('The test'));
    this.dispatcher.dispose(MeshError.closed('The test'));
    this.book.dispose();
  }
}

/** With the result it has as its type; the book itself knows no types. */
export function submitEcho(book: TaskRegistry, bytes: Uint8Array, options: Partial<BookOptions>) {
  const toResult = (value: unknown) => value as Record<string, unknown>;
  const task = book.submit('echo', () => ({ bytes }), { where: 'auto', ...options }, toResult);
  return { ...task, result: task.result as Promise<{ bytes: Uint8Array; timing: Timing }> };
}

export const reasonOf = (promise: Promise<unknown>) =>
  promise.then(
    () => 'no error',
    (error: MeshError) => error.reason,
  );
