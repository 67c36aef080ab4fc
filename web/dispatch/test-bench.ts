import { MeshError } from '../../shared/errors.ts';
import { ManualClock } from '../../shared/manual-clock.ts';
import { Dispatcher } from './dispatcher.ts';
import { LocalRunner } from './local-runner.ts';
import { type BookOptions, TaskBook } from './task-book.ts';
import { TestEngine, TestVolunteer } from './test-runner.ts';

/** A dispatcher with a clock, a local engine and volunteers that do what a test tells them. */
export class TestBench {
  readonly clock = new ManualClock(1_000);
  readonly engine = new TestEngine(this.clock);
  /** Volunteer and whether it succeeded, in order. */
  readonly verdicts: [string, boolean][] = [];
  readonly dispatcher: Dispatcher;
  readonly book: TaskBook;

  constructor() {
    const local: LocalRunner = new LocalRunner(
      this.engine,
      () => this.clock.now(),
      () => this.dispatcher.wake(),
    );
    this.dispatcher = new Dispatcher(this.clock, local, {
      onVolunteerResult: (id, succeeded) => this.verdicts.push([id, succeeded]),
    });
    this.book = new TaskBook(this.dispatcher, this.clock);
  }

  /** An echo of one byte. */
  submit(options: Partial<BookOptions> = {}, byte = 1) {
    const input = () => ({ bytes: new Uint8Array([byte]) });
    return this.book.submit('echo', input, { where: 'auto', ...options }, (value) => value as Record<string, unknown>);
  }

  volunteer(id: string, types?: string[]): TestVolunteer {
    const runner = new TestVolunteer(id, types);
    this.dispatcher.add(runner);
    return runner;
  }

  dispose(): void {
    this.dispatcher.dispose(MeshError.closed('The test'));
  }
}

export const reasonOf = (promise: Promise<unknown>) =>
  promise.then(
    () => 'no error',
    (error: MeshError) => error.reason,
  );
