import { systemClock } from '../../shared/clock.ts';
import { MeshError } from '../../shared/errors.ts';
import type { Where } from '../../shared/tasks/definition.ts';
import { nextMacrotask } from '../compute/schedule.ts';
import { Dispatcher, type DispatcherEvents } from '../dispatch/dispatcher.ts';
import { LocalRunner } from '../dispatch/local-runner.ts';
import { TaskDeduplicator } from '../dispatch/task-deduplicator.ts';
import { TaskRegistry } from '../dispatch/task-registry.ts';
import type { VolunteerTrust } from '../net/volunteer-trust.ts';
import type { LocalEngineClient } from './local-engine-client.ts';
import { toPublicResult, withPixels } from './task-images.ts';
import type { ClientStats, Task, TaskOptions, TaskType, TaskTypes } from './types.ts';

/** A client's tasks: wires up the dispatcher, and converts the public inputs and results. */
export class GamerTasks {
  readonly dispatcher: Dispatcher;
  readonly #defaultWhere: Where;
  readonly #trust: VolunteerTrust;
  readonly #deduplicator: TaskDeduplicator;
  readonly #registry: TaskRegistry;
  #isClosed = false;

  constructor(engine: LocalEngineClient, trust: VolunteerTrust, defaultWhere: Where, events: DispatcherEvents) {
    this.#defaultWhere = defaultWhere;
    const local = new LocalRunner(engine, systemClock.now, () => this.dispatcher.wake());
    this.dispatcher = new Dispatcher(systemClock, local, events, trust, {
      random: Math.random,
      rest: nextMacrotask,
      compute: (type, task, signal) => engine.computePart(type, task, signal, systemClock.now),
    });
    this.#trust = trust;
    // What it answered without a check is not to be believed any more.
    trust.barred.add(({ volunteerId }) => this.#deduplicator.evictByVolunteer(volunteerId));
    this.#deduplicator = new TaskDeduplicator(this.dispatcher, systemClock);
    this.#registry = new TaskRegistry(this.#deduplicator, systemClock);
  }

  /** Never throws: an error rejects the task's `result`. */
  submit<T extends TaskType>(type: T, input: TaskTypes[T]['input'], options: TaskOptions): Task<T> {
    const prepare = () => {
      if (this.#isClosed) throw MeshError.closed('The client');
      return type === 'upscale' ? withPixels(input as TaskTypes['upscale']['input']) : input;
    };
    const submitOptions = { ...options, where: options?.where ?? this.#defaultWhere };
    // Sound: the catalogue validates inputs and results against the type of this name.
    return this.#registry.submit(type, prepare, submitOptions, toPublicResult) as unknown as Task<T>;
  }

  result(id: string, timeoutMs: number | undefined): Promise<unknown> {
    return this.#registry.result(id, timeoutMs);
  }

  stats(): ClientStats {
    return {
      ...this.#registry.counts,
      ...this.dispatcher.counts,
      rejectedByVerify: this.#trust.wrongAnswers,
      cacheHits: this.#deduplicator.hits,
      inFlight: this.dispatcher.inFlight,
      queued: this.dispatcher.queued,
    };
  }

  /** From now on tasks fail with reason `closed`. */
  refuse(): void {
    this.#isClosed = true;
  }

  /** Ends every task with this error. */
  dispose(error: MeshError): void {
    this.#deduplicator.dispose(error);
    this.dispatcher.dispose(error);
    this.#registry.dispose();
  }
}
