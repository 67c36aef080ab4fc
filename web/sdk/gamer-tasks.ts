import { systemClock } from '../../shared/clock.ts';
import { MeshError } from '../../shared/errors.ts';
import type { Where } from '../../shared/tasks/definition.ts';
import type { InferInput } from '../../shared/tasks/infer.ts';
import { nextMacrotask } from '../compute/schedule.ts';
import type { DispatcherEvents } from '../dispatch/dispatch-counts.ts';
import { Dispatcher } from '../dispatch/dispatcher.ts';
import type { Timing } from '../dispatch/job.ts';
import { LocalRunner } from '../dispatch/local-runner.ts';
import { ModelSessions, type SessionCall } from '../dispatch/model-sessions.ts';
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
  readonly #sessions = new ModelSessions(systemClock);
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
    let call: SessionCall | null = null;
    const prepare = () => {
      if (this.#isClosed) throw MeshError.closed('The client');
      if (type === 'upscale') return withPixels(input as TaskTypes['upscale']['input']);
      if (type !== 'infer' || !isInSession(input)) return input;
      call = this.#sessions.begin(input);
      return call.input;
    };
    const toResult = (value: unknown, { ranOn }: Timing) => {
      const result = toPublicResult(value);
      return call
        ? { ...result, outputs: call.finish((result as TaskTypes['infer']['result']).outputs, ranOn) }
        : result;
    };
    const submitOptions = { ...options, where: options?.where ?? this.#defaultWhere, session: () => call?.step };
    // Sound: the catalogue validates inputs and results against the type of this name.
    const task = this.#registry.submit(type, prepare, submitOptions, toResult) as unknown as Task<T>;
    task.result.catch(() => call?.fail());
    return task;
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
    this.#sessions.dispose();
  }
}

function isInSession(input: object | null): input is InferInput {
  return input !== null && 'session' in input && input.session !== undefined;
}
