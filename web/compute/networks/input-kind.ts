import type { PixelImage } from '../../../shared/tasks/definition.ts';
import { type InputKind, inputKindOf } from '../../../shared/tasks/input-kind.ts';
import { RgbaReader } from '../video-frames.ts';

/** Frames of a stream from one inspection to the next: a second at 60 frames a second, for an inspection is a copy out of the GPU. */
export const FRAMES_BETWEEN_INSPECTIONS = 60;

/**
 * The kind of a stream's pictures. Inspects the first picture, then one in {@link FRAMES_BETWEEN_INSPECTIONS}. The kind changes when two
 * inspections in a row agree, because each change of weights is visible.
 */
export class InputKindTracker {
  #kind: InputKind | null = null;
  #wasDifferent = false;
  #framesToInspection = 0;

  /** Null before the first inspection. */
  get kind(): InputKind | null {
    return this.#kind;
  }

  /** Counts a picture, and says whether it is to be inspected. */
  countFrame(): boolean {
    if (this.#framesToInspection-- > 0) return false;
    this.#framesToInspection = FRAMES_BETWEEN_INSPECTIONS - 1;
    return true;
  }

  inspect(image: PixelImage): InputKind {
    const seen = inputKindOf(image);
    const isDifferent = this.#kind !== null && seen !== this.#kind;
    if (this.#kind === null || (isDifferent && this.#wasDifferent)) this.#kind = seen;
    this.#wasDifferent = seen !== this.#kind;
    return this.#kind;
  }

  /** The kind of the stream's next picture, inspected if it is due. */
  of(image: PixelImage): InputKind {
    const isDue = this.countFrame();
    return isDue || this.#kind === null ? this.inspect(image) : this.#kind;
  }
}

/** The kind of a stream's frames that lie on the GPU. Inspections are rare, because each copies a frame out of it. */
export class FrameInputKindTracker {
  readonly #reader = new RgbaReader();
  readonly #tracker = new InputKindTracker();
  #isInspecting = false;

  /** Waits for the first frame to be inspected; later inspections run in parallel. Throws MeshError as {@link RgbaReader.read} does. */
  async of(frame: VideoFrame): Promise<InputKind> {
    const isDue = this.#tracker.countFrame();
    const { kind } = this.#tracker;
    if (kind === null) return this.#tracker.inspect(await this.#reader.read(frame));
    if (isDue && !this.#isInspecting) void this.#inspectInParallel(frame.clone());
    return kind;
  }

  async #inspectInParallel(frame: VideoFrame): Promise<void> {
    this.#isInspecting = true;
    try {
      this.#tracker.inspect(await this.#reader.read(frame));
    } catch {
      // A frame that cannot be read says nothing. The next one will.
    } finally {
      frame.close();
      this.#isInspecting = false;
    }
  }
}
