import { MeshError } from '../../../shared/errors.ts';

export interface SourceReaderHandlers {
  /** Takes each frame over. What it throws is about that frame alone. */
  onFrame(frame: VideoFrame): void;
  /** A frame could not be handled; the next ones are read all the same. */
  onFrameFailed(error: MeshError): void;
  /** Called once, unless stopped before: the reading itself ended. MeshError `source-ended`, or what the source failed with. */
  onEnd(error: MeshError): void;
}

/** Reads a stream of frames as fast as they come, so that the source never stalls. */
export class SourceReader {
  readonly #reader: ReadableStreamDefaultReader<VideoFrame>;
  readonly #handlers: SourceReaderHandlers;
  #stopped = false;

  /** @param first - comes before those of the stream; taken over. */
  constructor(frames: ReadableStream<VideoFrame>, first: VideoFrame | null, handlers: SourceReaderHandlers) {
    this.#reader = frames.getReader();
    this.#handlers = handlers;
    if (first) this.#handle(first);
    void this.#readAll().then((error) => {
      if (!this.#stopped) handlers.onEnd(error);
    });
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    try {
      await this.#reader.cancel();
    } catch {
      // A source that failed cannot be cancelled, and need not be.
    }
  }

  async #readAll(): Promise<MeshError> {
    for (let frame = await this.#next(); ; frame = await this.#next()) {
      if (frame instanceof MeshError) return frame;
      if (this.#stopped) frame.close();
      else this.#handle(frame);
    }
  }

  /** The source's next frame, or why there is none. */
  async #next(): Promise<VideoFrame | MeshError> {
    try {
      const { done, value } = await this.#reader.read();
      if (!done) return value;
      return new MeshError('source-ended', 'The source of the frames ended. Open a stream on another one.');
    } catch (cause) {
      if (cause instanceof MeshError) return cause;
      const detail = cause instanceof Error ? cause.message : String(cause);
      const message = `The source of the frames failed (${detail}). Open a stream on another one.`;
      return new MeshError('source-ended', message, { cause });
    }
  }

  /** The source goes on whatever becomes of one frame: the next may have another size, or find the GPU back. */
  #handle(frame: VideoFrame): void {
    try {
      this.#handlers.onFrame(frame);
    } catch (cause) {
      this.#handlers.onFrameFailed(MeshError.from(cause, 'device-lost'));
    }
  }
}
