import type { Clock } from '../../shared/clock.ts';
import { MeshError } from '../../shared/errors.ts';

/** The part of a MediaRecorder that a clip needs. */
export type Recorder = Pick<
  MediaRecorder,
  'mimeType' | 'start' | 'stop' | 'requestData' | 'onstart' | 'ondataavailable' | 'onstop' | 'onerror' | 'state'
>;

export interface ClipOptions {
  recorder: Recorder;
  clock: Clock;
  maxMs: number;
  /** Whole seconds that it may still take; told at once and whenever they change. 0: nothing more may be drawn, it is being finished. */
  onRemaining: (remainingS: number) => void;
}

/** As often as a countdown needs. */
const TICK_MS = 1_000;
/** How often the recorder hands on what it has: it need not hold all of a clip. */
const SLICE_MS = 1_000;
/**
 * What waits for the encoder when a recorder stops is lost: on two busy cores four of six seconds were. So it is stopped only
 * when nothing has come out of it for a few looks.
 */
const DRAIN_LOOK_MS = 250;
const DRAIN_QUIET_LOOKS = 3;
const MAX_DRAIN_MS = 8_000;

/** One recording under way, bounded in length. */
export class Clip {
  /** Resolves when it was stopped or time was up. Rejects with MeshError `unsupported-browser` when nothing came of it. */
  readonly finished: Promise<Blob>;
  readonly #options: ClipOptions;
  #endMs: number;
  readonly #parts: Blob[] = [];
  #sizeBytes = 0;
  #isStopping = false;
  #cancelTick: () => void = () => {};

  constructor(options: ClipOptions) {
    this.#options = options;
    this.#endMs = options.clock.now() + options.maxMs;
    this.finished = this.#record();
    this.#tick();
  }

  /** What was recorded until now is the clip. */
  stop(): void {
    if (this.#isStopping) return;
    this.#isStopping = true;
    this.#cancelTick();
    this.#options.onRemaining(0);
    this.#drain(this.#options.clock.now() + MAX_DRAIN_MS, 0);
  }

  #drain(untilMs: number, quietLooks: number): void {
    const { recorder, clock } = this.#options;
    if (recorder.state === 'inactive') return;
    if (quietLooks === DRAIN_QUIET_LOOKS || clock.now() >= untilMs) {
      recorder.stop();
      return;
    }
    const sizeBytes = this.#sizeBytes;
    recorder.requestData();
    this.#cancelTick = clock.after(DRAIN_LOOK_MS, () => {
      this.#drain(untilMs, this.#sizeBytes === sizeBytes ? quietLooks + 1 : 0);
    });
  }

  async #record(): Promise<Blob> {
    const { recorder } = this.#options;
    try {
      await new Promise<void>((resolve, reject) => {
        // On a busy machine a second after it was asked to: time runs while it records.
        recorder.onstart = () => {
          this.#endMs = this.#options.clock.now() + this.#options.maxMs;
        };
        recorder.ondataavailable = ({ data }) => {
          this.#parts.push(data);
          this.#sizeBytes += data.size;
        };
        recorder.onstop = () => resolve();
        recorder.onerror = reject;
        recorder.start(SLICE_MS);
      });
    } catch (cause) {
      throw failed(cause);
    } finally {
      this.#cancelTick();
    }
    const blob = new Blob(this.#parts, { type: recorder.mimeType });
    if (blob.size === 0) throw failed(null);
    return blob;
  }

  #tick(): void {
    const { clock, onRemaining } = this.#options;
    const remainingMs = this.#endMs - clock.now();
    if (remainingMs <= 0) {
      this.stop();
      return;
    }
    onRemaining(Math.ceil(remainingMs / 1_000));
    this.#cancelTick = clock.after(Math.min(TICK_MS, remainingMs), () => this.#tick());
  }
}

function failed(cause: unknown): MeshError {
  const message = 'This browser could not record the picture. Record a shorter clip, or choose a smaller scale.';
  return new MeshError('unsupported-browser', message, { cause });
}
