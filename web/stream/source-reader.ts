import { MeshError } from '../../shared/errors.ts';

/** Reads a stream of frames as fast as they come, so that the source never stalls. */
export class SourceReader {
  readonly #reader: ReadableStreamDefaultReader<VideoFrame>;
  readonly #onFrame: (frame: VideoFrame) => void;
  #stopped = false;

  /**
   * @param first - comes before those of the stream; taken over.
   * @param onFrame - takes each frame over.
   * @param onEnd - called once, unless stopped before: MeshError `source-ended`.
   */
  constructor(
    frames: ReadableStream<VideoFrame>,
    first: VideoFrame | null,
    onFrame: (frame: VideoFrame) => void,
    onEnd: (error: MeshError) => void,
  ) {
    this.#reader = frames.getReader();
    this.#onFrame = onFrame;
    void this.#read(first).then((error) => {
      if (!this.#stopped) onEnd(error);
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

  async #read(first: VideoFrame | null): Promise<MeshError> {
    try {
      if (first) this.#onFrame(first);
      for (;;) {
        const { done, value } = await this.#reader.read();
        if (done) return new MeshError('source-ended', 'The source of the frames ended. Open a stream on another one.');
        if (this.#stopped) value.close();
        else this.#onFrame(value);
      }
    } catch (cause) {
      if (cause instanceof MeshError) return cause;
      const detail = cause instanceof Error ? cause.message : String(cause);
      return new MeshError(
        'source-ended',
        `The source of the frames failed (${detail}). Open a stream on another one.`,
        {
          cause,
        },
      );
    }
  }
}
