import type { InputKind } from '../../../shared/tasks/upscale.ts';
import { InputKindMemory } from '../networks/input-kind-memory.ts';
import { RgbaReader } from './rgba-reader.ts';

/** The kind of a stream's frames where they lie on the GPU: looked at now and then, for a look is a copy out of it. */
export class InputKindWatch {
  readonly #reader = new RgbaReader();
  readonly #memory = new InputKindMemory();
  #isLooking = false;

  /** Waits for the first frame to be looked at; later ones are looked at beside the work. Throws MeshError as the reader does. */
  async of(frame: VideoFrame): Promise<InputKind> {
    const isDue = this.#memory.isDue();
    const { kind } = this.#memory;
    if (kind === null) return this.#memory.look(await this.#reader.read(frame));
    if (isDue && !this.#isLooking) void this.#lookBeside(frame.clone());
    return kind;
  }

  async #lookBeside(frame: VideoFrame): Promise<void> {
    this.#isLooking = true;
    try {
      this.#memory.look(await this.#reader.read(frame));
    } catch {
      // A frame that cannot be read says nothing; the next one will.
    } finally {
      frame.close();
      this.#isLooking = false;
    }
  }
}
