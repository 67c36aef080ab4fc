interface Kept {
  frame: VideoFrame;
  frameId: number;
  atMs: number;
}

/** A copy of the newest source frame: what a still source would otherwise have to show again. Closed when a newer one comes. */
export class NewestFrame {
  #kept: Kept | null = null;

  get current(): Readonly<Kept> | null {
    return this.#kept;
  }

  /** Takes the frame over. */
  keep(kept: Kept): void {
    this.forget();
    this.#kept = kept;
  }

  /** It is the caller's to close. */
  take(): Kept | null {
    const kept = this.#kept;
    this.#kept = null;
    return kept;
  }

  forget(): void {
    this.#kept?.frame.close();
    this.#kept = null;
  }
}
