import { MeshError } from '../../shared/errors.ts';
import type { ManualClock } from '../../shared/manual-clock.ts';
import type { PackedTask } from '../../shared/tasks/definition.ts';
import type { LocalEngine } from './local-runner.ts';
import type { Executed } from './task-server.ts';

interface Waiting {
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
      execute: (callId, _, packed) => {
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
    const [bytes] = next.packed.attachments;
    if (!bytes) throw MeshError.malformed('An echo without bytes.');
    const computeMs = this.#serviceMs(bytes.byteLength, this.done);
    this.#clock.after(computeMs, () => {
      this.done++;
      this.busyMs += computeMs;
      next.resolve({
        value: null,
        attachments: next.packed.attachments,
        backend: 'simulated',
        computeMs: this.claimedMs ?? computeMs,
      });
      this.#next();
    });
  }
}
