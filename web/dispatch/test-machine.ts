import { MeshError } from '../../shared/errors.ts';
import type { ManualClock } from '../../shared/manual-clock.ts';
import { definitionOf } from '../../shared/tasks/catalogue.ts';
import type { PackedResult, PackedTask } from '../../shared/tasks/definition.ts';
import type { LocalEngine } from './local-runner.ts';
import type { Executed } from './task-server.ts';

/** A task type that a machine runs beside echoes: as fast as this, and answering so. */
export interface Runs {
  type: string;
  unitsPerMs: number;
  answer(packed: PackedTask): PackedResult;
}

interface Waiting {
  type: string;
  packed: PackedTask;
  signal: AbortSignal;
  resolve(executed: Executed): void;
}

/** Computes one task after another, each for as long as it is told, under a virtual clock. What was cancelled before its turn costs nothing. */
export class SimulatedMachine {
  readonly #clock: ManualClock;
  readonly #serviceMs: (sizeBytes: number, nth: number) => number;
  readonly #waiting: Waiting[] = [];
  #isBusy = false;
  isDead = false;
  runs: Runs | null = null;
  /** What it says that a task took, if not the truth. */
  claimedMs: number | null = null;
  /** Tasks done. */
  done = 0;
  busyMs = 0;

  constructor(clock: ManualClock, serviceMs: (sizeBytes: number, nth: number) => number) {
    this.#clock = clock;
    this.#serviceMs = serviceMs;
  }

  /** What it would say of itself: measured at one kilobyte. */
  unitsPerMs(): number {
    return 1_024 / this.#serviceMs(1_024, 0);
  }

  run(type: string, packed: PackedTask, signal: AbortSignal): Promise<Executed> {
    return new Promise((resolve) => {
      this.#waiting.push({ type, packed, signal, resolve });
      if (!this.#isBusy) this.#next();
    });
  }

  engine(): LocalEngine {
    const calls = new Map<number, AbortController>();
    return {
      backends: async () => ({ echo: { backend: 'simulated', unitsPerMs: this.unitsPerMs() } }),
      execute: (callId, type, packed) => {
        const call = new AbortController();
        calls.set(callId, call);
        return this.run(type, packed, call.signal).finally(() => calls.delete(callId));
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
      this.busyMs += computeMs;
      next.resolve({
        value: null,
        attachments,
        backend: 'simulated',
        computeMs: this.claimedMs ?? computeMs,
      });
      this.#next();
    });
  }

  #work({ type, packed }: Waiting): { computeMs: number; attachments: Uint8Array[] } {
    if (type === this.runs?.type) {
      const computeMs = definitionOf(type).cost(packed.params) / this.runs.unitsPerMs;
      return { computeMs, attachments: this.runs.answer(packed).attachments };
    }
    const [bytes] = packed.attachments;
    if (!bytes) throw MeshError.malformed('An echo without bytes.');
    return { computeMs: this.#serviceMs(bytes.byteLength, this.done), attachments: packed.attachments };
  }
}
