/** Sends what a canvas shows out as frames, in the worker that draws it. A reader that is slow misses frames; none wait for it. */
export class FrameOutlet {
  readonly #writer: WritableStreamDefaultWriter<VideoFrame>;
  #isOpen = true;

  constructor(frames: WritableStream<VideoFrame>) {
    this.#writer = frames.getWriter();
    // Stopped or cancelled by its reader: the game goes on without being filmed.
    void this.#writer.closed.then(
      () => this.#shut(),
      () => this.#shut(),
    );
  }

  /** To be called in the task that drew the canvas, while the drawing is still there. */
  offer(canvas: OffscreenCanvas, timeMs: number): void {
    if (!this.#isOpen || (this.#writer.desiredSize ?? 0) <= 0) return;
    const frame = new VideoFrame(canvas, { timestamp: Math.round(timeMs * 1000) });
    // A stream between threads sends a copy; a generator closes what it took, and closing twice does no harm.
    void this.#writer.write(frame).then(
      () => frame.close(),
      () => {
        frame.close();
        this.#shut();
      },
    );
  }

  /** Ends the track or stream. */
  async close(): Promise<void> {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    try {
      await this.#writer.close();
    } catch {
      // Its reader ended it first.
    }
  }

  #shut(): void {
    this.#isOpen = false;
  }
}
