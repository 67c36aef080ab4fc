import { MeshError } from '../../shared/errors.ts';
import { ManualClock } from '../../shared/manual-clock.ts';
import type { PackedTask } from '../../shared/tasks/definition.ts';
import { simulatedChannel, type WireSpeed } from '../net/test-channel.ts';
import { shareOf } from './credit-window.ts';
import { Dispatcher, type Redispatch } from './dispatcher.ts';
import { LocalRunner } from './local-runner.ts';
import { RemoteRunner } from './remote-runner.ts';
import { SplitWork } from './split-work.ts';
import { TaskDeduplicator } from './task-deduplicator.ts';
import { type BookOptions, TaskRegistry } from './task-registry.ts';
import { TaskServer } from './task-server.ts';
import { submitEcho } from './test-bench.ts';
import { type Runs, SimulatedMachine } from './test-machine.ts';

export interface VolunteerOptions extends Partial<WireSpeed> {
  /** What a task takes it, given its bytes and how many it did before. */
  serviceMs(sizeBytes: number, nth: number): number;
  /** What it says that a task took, if not the truth. */
  claimedMs?: number;
  /** Tasks it may hold of this gamer. */
  share?: number;
  /** What it runs beside echoes. */
  runs?: Runs;
}

/** A LAN. */
const WIRE: WireSpeed = { latencyMs: 1, bytesPerMs: 10_000 };

/**
 * A gamer, its machine and its volunteers under a virtual clock: the real dispatcher, runners, task servers and channels; only the
 * wires and the computing are simulated. Every task is an echo, whose size is its cost, unless volunteers run something else.
 */
export class Simulation {
  readonly clock = new ManualClock(1_000);
  readonly redispatches: Redispatch[] = [];
  readonly volunteers: SimulatedVolunteer[] = [];
  readonly home: SimulatedMachine;
  readonly dispatcher: Dispatcher;
  readonly work: TaskDeduplicator;
  readonly book: TaskRegistry;
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
        onBarred: () => {},
      },
      { random: () => 0, rest: async () => {}, compute: async () => ({ value: null, attachments: [] }) },
    );
    this.work = new TaskDeduplicator(new SplitWork(this.dispatcher, this.clock), this.clock);
    this.book = new TaskRegistry(this.work, this.clock);
  }

  addVolunteer(options: VolunteerOptions): SimulatedVolunteer {
    const volunteer = new SimulatedVolunteer(`v${this.volunteers.length}`, this, options);
    this.volunteers.push(volunteer);
    return volunteer;
  }

  /** A task unlike all others, so that no cache is needed: naming large ones would take real time. */
  submit(sizeBytes = 64, options: Partial<BookOptions> = {}) {
    const bytes = new Uint8Array(Math.max(4, sizeBytes));
    new DataView(bytes.buffer).setUint32(0, this.#nextByte++);
    return submitEcho(this.book, bytes, { cache: false, ...options });
  }

  /** Lets time pass until the promise is settled. */
  async until<T>(promise: Promise<T>): Promise<T> {
    let isSettled = false;
    const settled = promise.finally(() => {
      isSettled = true;
    });
    settled.catch(() => {});
    await turns();
    while (!isSettled) {
      if (!this.clock.advanceToNext()) throw new Error('Nothing will happen any more, and the promise is not settled.');
      await turns();
    }
    return settled;
  }

  /** Lets so much time pass. */
  pass(forMs: number): Promise<void> {
    return this.until(new Promise<void>((resolve) => this.clock.after(forMs, resolve)));
  }

  dispose(): void {
    this.work.dispose(MeshError.closed('The simulation'));
    this.dispatcher.dispose(MeshError.closed('The simulation'));
    this.book.dispose();
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
      share = shareOf(1),
      runs,
      latencyMs = WIRE.latencyMs,
      bytesPerMs = WIRE.bytesPerMs,
    }: VolunteerOptions,
  ) {
    const { clock, dispatcher } = simulation;
    const now = () => clock.now();
    const onBroken = (error: MeshError) => {
      throw error;
    };
    const [gamerEnd, volunteerEnd] = simulatedChannel(clock, { latencyMs, bytesPerMs });
    this.machine = new SimulatedMachine(clock, serviceMs);
    this.machine.claimedMs = claimedMs ?? null;
    this.machine.runs = runs ?? null;
    this.runner = new RemoteRunner({
      ...{ volunteerId: id, port: gamerEnd, now, onBroken },
      onRoom: () => dispatcher.wake(),
    });
    this.#server = new TaskServer({
      ...{ port: volunteerEnd, now, onBroken },
      execute: (type, packed: PackedTask, signal) => this.machine.run(type, packed, signal),
      onDone: () => {},
      onWork: () => {},
    });
    this.#server.share = share;
    this.#server.rttMs = 2 * latencyMs;
    this.runner.rttMs = 2 * latencyMs;
    this.runner.capabilities = {
      ...{ adapter: 'simulated', codecs: [], tasks: ['echo', ...(runs ? [runs.type] : [])] },
      backends: {
        echo: { backend: 'simulated', unitsPerMs: this.machine.unitsPerMs() },
        ...(runs && { [runs.type]: { backend: 'simulated', unitsPerMs: runs.unitsPerMs } }),
      },
    };
    dispatcher.add(this.runner);
    this.#kill = () => {
      volunteerEnd.isDead = true;
      this.machine.isDead = true;
    };
  }

  /** Its process ends without a word. */
  kill(): void {
    this.#kill();
  }

  dispose(): void {
    this.runner.dispose();
    this.#server.dispose();
  }
}

/** Whatever follows from what happened, without time passing: messages to ourselves take a turn of the event loop each. */
async function turns(): Promise<void> {
  for (let round = 0; round < 4; round++) await new Promise((resolve) => setImmediate(resolve));
}
