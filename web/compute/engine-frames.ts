import { MeshError } from '../../shared/errors.ts';
import type { Backend, BackendFrames, FrameTarget } from './backend.ts';
import type { BackendSet } from './backend-set.ts';
import type { FrameUpscaler } from './engine-types.ts';
import type { Schedule } from './schedule.ts';
import { COMPUTE } from './tuning.ts';
import { frameSize } from './video-frames.ts';

export interface EngineFramesOptions {
  target: FrameTarget;
  schedule: Schedule;
  current(): BackendSet;
  /** The same, or the one that is being set up after a loss; ready for the stream's quality. Throws MeshError `unknown-model`. */
  backends(): Promise<BackendSet>;
  onDisposed(): void;
}

/** One stream's frames on whatever machine there is now: it carries on when a device was lost. */
export class EngineFrames implements FrameUpscaler {
  readonly #options: EngineFramesOptions;
  #opened: { backend: Backend; frames: BackendFrames } | null = null;
  #disposed = false;

  constructor(options: EngineFramesOptions) {
    this.#options = options;
  }

  get backend(): string {
    return this.#opened?.backend.name ?? this.#options.current().likelyBackend(this.#options.target);
  }

  async ready(): Promise<void> {
    await this.#options.backends();
  }

  async process(frame: VideoFrame): Promise<VideoFrame> {
    for (let attempt = 1; ; attempt++) {
      let backends = this.#options.current();
      try {
        backends = await this.#options.backends();
        return await this.#attempt(frame, backends);
      } catch (cause) {
        const isLost = cause instanceof MeshError && cause.reason === 'device-lost';
        if (!isLost || attempt >= COMPUTE.maxFrameAttempts) throw MeshError.from(cause);
        // Now the engine knows too, and the next attempt waits for the machine it sets up.
        await backends.lost;
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

  #attempt(frame: VideoFrame, backends: BackendSet): Promise<VideoFrame> {
    return this.#options.schedule.frame(async () => this.#framesOn(backends, frame).start(frame));
  }

  #framesOn(backends: BackendSet, frame: VideoFrame): BackendFrames {
    if (this.#disposed) throw MeshError.closed('The stream');
    // A source that changed its size may be another's now.
    const backend = backends.backendFor({ ...this.#options.target, ...frameSize(frame) });
    if (this.#opened?.backend !== backend) {
      this.#opened?.frames.dispose();
      this.#opened = { backend, frames: backend.openFrames(this.#options.target) };
    }
    return this.#opened.frames;
  }
}
