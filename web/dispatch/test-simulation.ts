import { MeshError } from '../../shared/errors.ts';
import type { PackedTask } from '../../shared/tasks/definition.ts';
import { ManualClock } from '../../shared/test-manual-clock.ts';
import { simulatedChannel, type WireSpeed } from '../net/test-channel.ts';
import { VolunteerTrust } from '../net/volunteer-trust.ts';

import { creditShare } from './credit-window.ts';
import type { Redispatch } from './dispatch-counts.ts';
import { Dispatcher } from './dispatcher.ts';
import { type LocalEngine, LocalRunner } from './local-runner.ts';
import { MemoryBudget } from './memory-budget.ts';
import { RemoteRunner } from './remote-runner.ts';
import { TaskDeduplicator } from './task-deduplicator.ts';
import { type SubmitOptions, TaskRegistry } from './task-registry.ts';
import { type Executed, TaskServer } from './task-server.ts';
import { submitEcho } from './test-bench.ts';

interface Waiting {
  packed: PackedTask;
  signal: AbortSignal;
  resolve(executed: Executed): void;
}

/** Computes one task after another under a virtual clock. A task that was cancelled before it started takes no time. */
export class SimulatedMachine {
  readonly #clock: ManualClock;
  readonly #serviceMs: (sizeBytes: number, nth: number) => number;
  readonly #waiting: Waiting[] = [];
  #isBusy = false;
  isDead = false;
  /** The compute time it reports, if not the true one. */
  claimedMs: number | null = null;
  /** Completed tasks. */
  done = 0;

  constructor(clock: ManualClock, serviceMs: (sizeBytes: number, nth: number) => number) {
    this.#clock = clock;
    this.#serviceMs = serviceMs;
  }

  /** The speed it reports, measured with one kilobyte. */
  unitsPerMs(): number {
    return 1_024 / this.#serviceMs(1_024, 0);
  }

  run(packed: PackedTask, signal: AbortSignal): Promise<Executed> {
    return new Promise((resolve) => {
      this.#waiting.push({ packed, signal, resolve });
      if (!this.#isBusy) this.#next();
    });
  }

  engine(): LocalEngine {
    const calls = new Map<number, AbortController>();
    return {
      backends: async () => ({ echo: { backend: 'simulated', unitsPerMs: this.unitsPerMs() } }),
      execute: (callId, _type, packed) => {
        const call = new AbortController();
        calls.set(callId, call);
        return this.run(packed, call.signal).finally(() => calls.delete(callId));
      },
      cancel: (callId) => calls.get(callId)?.abort(),
    };
  }

  #next(): void {
    const next = this.#waiting.find(({ signal }) => !signal.aborted);
    this.#waiting.splice(0, next ? this.#waiting.indexOf(next) + 1 : this.#waiting.length);
    this.#isBusy = next !== undefined;
    if (!next || this.isDead) return;
    const { computeMs, attachments } = this.#work(next);
    this.#clock.after(computeMs, () => {
      this.done++;
      next.resolve({
        value: null,
        attachments,
        backend: 'simulated',
        computeMs: this.claimedMs ?? computeMs,
      });
      this.#next();
    });
  }

  #work({ packed }: Waiting): { computeMs: number; attachments: Uint8Array[] } {
    const [bytes] = packed.attachments;
    if (!bytes) throw MeshError.malformed('An echo without bytes.');
    return { computeMs: this.#serviceMs(bytes.byteLength, this.done), attachments: packed.attachments };
  }
}

export interface VolunteerOptions extends Partial<WireSpeed> {
  /** Time for a task, given its bytes and the number of tasks before it. */
  serviceMs(sizeBytes: number, nth: number): number;
  /** The compute time it reports, if not the true one. */
  claimedMs?: number;
  /** The most tasks of this gamer it holds. */
  share?: number;
}

/** The speed of a LAN. */
const WIRE: WireSpeed = { latencyMs: 1, bytesPerMs: 10_000 };

/**
 * A gamer, its machine and its volunteers under a virtual clock. The dispatcher, runners, task servers and channels are real; only the
 * network and the computing are simulated. Every task is an echo, whose size is its cost.
 */
export class Simulation {
  readonly clock = new ManualClock(1_000);
  readonly redispatches: Redispatch[] = [];
  readonly volunteers: SimulatedVolunteer[] = [];
  readonly home: SimulatedMachine;
  readonly dispatcher: Dispatcher;
  readonly deduplicator: TaskDeduplicator;
  readonly registry: TaskRegistry;
  #nextByte = 0;

  constructor(localMs: (sizeBytes: number, nth: number) => number = () => 1_000) {
    this.home = new SimulatedMachine(this.clock, localMs);
    const local: LocalRunner = new LocalRunner(
      this.home.engine(),
      () => this.clock.now(),
      () => this.dispatcher.wake(),
    );
    this.dispatcher = new Dispatcher(
      this.clock,
      local,
      {
        onVolunteerResult: () => {},
        onRedispatch: (redispatch) => this.redispatches.push(redispatch),
      },
      new VolunteerTrust(() => 0),
      { random: () => 0, rest: async () => {}, compute: async () => ({ value: null, attachments: [] }) },
    );
    this.deduplicator = new TaskDeduplicator(this.dispatcher, this.clock);
    this.registry = new TaskRegistry(this.deduplicator, this.clock);
  }

  addVolunteer(options: VolunteerOptions): SimulatedVolunteer {
    const volunteer = new SimulatedVolunteer(`v${this.volunteers.length}`, this, options);
    this.volunteers.push(volunteer);
    return volunteer;
  }

  /** Submits a unique task, without the cache: hashing large tasks would take real time. */
  submit(sizeBytes = 64, options: Partial<SubmitOptions> = {}) {
    const bytes = new Uint8Array(Math.max(4, sizeBytes));
    new DataView(bytes.buffer).setUint32(0, this.#nextByte++);
    return submitEcho(this.registry, bytes, { cache: false, ...options });
  }

  /** Advances the clock until the promise is settled. */
  async until<T>(promise: Promise<T>): Promise<T> {
    let isSettled = false;
    const settled = promise.finally(() => {
      isSettled = true;
    });
    settled.catch(() => {});
    await ticks();
    while (!isSettled) {
      if (!this.clock.advanceToNext()) throw new Error('No timer is left, and the promise is not settled.');
      await ticks();
    }
    return settled;
  }

  /** Advances the clock by `forMs`. */
  pass(forMs: number): Promise<void> {
    return this.until(new Promise<void>((resolve) => this.clock.after(forMs, resolve)));
  }

  dispose(): void {
    this.deduplicator.dispose(MeshError.closed('The simulation'));
    this.dispatcher.dispose(MeshError.closed('The simulation'));
    this.registry.dispose();
    for (const volunteer of this.volunteers) volunteer.dispose();
  }
}

export class SimulatedVolunteer {
  readonly runner: RemoteRunner;
  readonly machine: SimulatedMachine;
  readonly #server: TaskServer;
  readonly #kill: () => void;

  constructor(
    readonly id: string,
    simulation: Simulation,
    {
      serviceMs,
      claimedMs,
      share = creditShare(1),
      latencyMs = WIRE.latencyMs,
      bytesPerMs = WIRE.bytesPerMs,
    }: VolunteerOptions,
  ) {
    const { clock, dispatcher } = simulation;
    const onBroken = (error: MeshError) => {
      throw error;
    };
    const [gamerEnd, volunteerEnd] = simulatedChannel(clock, { latencyMs, bytesPerMs });
    this.machine = new SimulatedMachine(clock, serviceMs);
    this.machine.claimedMs = claimedMs ?? null;
    this.runner = new RemoteRunner({
      volunteerId: id,
      port: gamerEnd,
      clock,
      memory: new MemoryBudget(),
      onBroken,
      onRoom: () => dispatcher.wake(),
    });
    this.#server = new TaskServer({
      port: volunteerEnd,
      clock,
      onBroken,
      memory: new MemoryBudget(),
      execute: (_type, packed: PackedTask, signal) => this.machine.run(packed, signal),
      onDone: () => {},
      onWork: () => {},
    });
    this.#server.share = share;
    this.#server.rttMs = 2 * latencyMs;
    this.runner.rttMs = 2 * latencyMs;
    this.runner.capabilities = {
      adapter: 'simulated',
      codecs: [],
      tasks: ['echo'],
      backends: {
        echo: { backend: 'simulated', unitsPerMs: this.machine.unitsPerMs() },
      },
    };
    dispatcher.add(this.runner);
    this.#kill = () => {
      volunteerEnd.isDead = true;
      this.machine.isDead = true;
    };
  }

  /** Ends its process without closing the connection. */
  kill(): void {
    this.#kill();
  }

  dispose(): void {
    this.runner.dispose();
    this.#server.dispose();
  }
}

/** Lets the event loop turn a few times without advancing the clock. */
async function ticks(): Promise<void> {
  for (let tick = 0; tick < 4; tick++) await new Promise((resolve) => setImmediate(resolve));
}
