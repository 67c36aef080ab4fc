import { MeshError } from '../../shared/errors.ts';
import type { Backend, BackendFrames, FrameTarget, UpscaleShape } from './backend.ts';
import type { BackendSet } from './backend-set.ts';
import type { FrameUpscaler } from './engine-types.ts';
import { uprightSize } from './frame-orientation.ts';
import type { Schedule } from './schedule.ts';

/** Attempts at one frame while GPU devices get lost or have no memory for it. */
const MAX_FRAME_ATTEMPTS = 3;

export interface EngineFramesOptions {
  target: FrameTarget;
  schedule: Schedule;
  current(): BackendSet;
  /** The current backends, or those being selected after a loss, ready for the stream's quality. Throws MeshError `unknown-model`. */
  backends(): Promise<BackendSet>;
  onDisposed(): void;
}

/** The frames of one stream. They move to the new backends when a GPU device was lost. */
export class EngineFrames implements FrameUpscaler {
  readonly #options: EngineFramesOptions;
  #opened: { backend: Backend; frames: BackendFrames } | null = null;
  #isDisposed = false;

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
        if (attempt >= MAX_FRAME_ATTEMPTS) throw MeshError.from(cause);
        const backend = this.#opened?.backend;
        if (backend && !this.#isDisposed && backends.hasOther(backend, this.#shapeOf(frame), cause)) continue;
        const isLost = cause instanceof MeshError && cause.reason === 'device-lost';
        if (!isLost) throw MeshError.from(cause);
        // By then the engine has seen the loss too, and the next attempt waits for the new backends.
        await backends.lost;
      }
    }
  }

  dispose(): void {
    if (this.#isDisposed) return;
    this.#isDisposed = true;
    this.#opened?.frames.dispose();
    this.#opened = null;
    this.#options.onDisposed();
  }

  #attempt(frame: VideoFrame, backends: BackendSet): Promise<VideoFrame> {
    return this.#options.schedule.frame(async (slot) => this.#framesOn(backends, frame).start(frame, slot));
  }

  #framesOn(backends: BackendSet, frame: VideoFrame): BackendFrames {
    if (this.#isDisposed) throw MeshError.closed('The stream');
    // For another size another backend may be the fastest.
    const backend = backends.backendFor(this.#shapeOf(frame));
    if (this.#opened?.backend !== backend) {
      this.#opened?.frames.dispose();
      this.#opened = { backend, frames: backend.openFrames(this.#options.target) };
    }
    return this.#opened.frames;
  }

  #shapeOf(frame: VideoFrame): UpscaleShape {
    return { ...this.#options.target, ...uprightSize(frame) };
  }
}
