import { MeshError } from '../../shared/errors.ts';
import { COMPUTE } from '../../shared/tuning.ts';
import type { BackendFrames, FrameTarget } from './backend.ts';
import type { FrameUpscaler } from './engine-types.ts';
import type { Machine } from './machine.ts';
import type { Schedule } from './schedule.ts';

export interface EngineFramesOptions {
  target: FrameTarget;
  schedule: Schedule;
  current(): Machine;
  /** The same, or the one that is being set up after a loss. */
  machine(): Promise<Machine>;
  onDisposed(): void;
}

/** One stream's frames on whatever machine there is now: it carries on when a device was lost. */
export class EngineFrames implements FrameUpscaler {
  readonly #options: EngineFramesOptions;
  #opened: { machine: Machine; frames: BackendFrames } | null = null;
  #disposed = false;

  constructor(options: EngineFramesOptions) {
    this.#options = options;
  }

  get backend(): string {
    return this.#options.current().upscaler.name;
  }

  async process(frame: VideoFrame): Promise<VideoFrame> {
    for (let attempt = 1; ; attempt++) {
      const machine = await this.#options.machine();
      try {
        return await this.#attempt(frame, machine);
      } catch (cause) {
        const isLost = cause instanceof MeshError && cause.reason === 'device-lost';
        if (!isLost || attempt >= COMPUTE.maxFrameAttempts) throw MeshError.from(cause);
        // Now the engine knows too, and the next attempt waits for the machine it sets up.
        await machine.lost;
      }
    }
  }

  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    this.#opened?.frames.dispose();
    this.#opened = null;
    this.#options.onDisposed();
  }

  #attempt(frame: VideoFrame, machine: Machine): Promise<VideoFrame> {
    return this.#options.schedule.frame(async () => this.#framesOn(machine).start(frame));
  }

  #framesOn(machine: Machine): BackendFrames {
    if (this.#disposed) throw MeshError.closed('The stream');
    if (this.#opened?.machine !== machine) {
      this.#opened?.frames.dispose();
      this.#opened = { machine, frames: machine.upscaler.openFrames(this.#options.target) };
    }
    return this.#opened.frames;
  }
}
