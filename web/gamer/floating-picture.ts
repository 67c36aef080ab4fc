import { effect, type ReadonlySignal, signal } from '@preact/signals';
import { openPictureWindow } from '../ui/open-picture-window.ts';
import type { PictureWindow } from '../ui/picture-window.ts';

const TITLE = 'Sharpened by P2C2R';

/** The sharp picture in a small window above all others, whichever picture that is. */
export class FloatingPicture {
  readonly window = signal<PictureWindow | null>(null);
  readonly #output: ReadonlySignal<HTMLCanvasElement | null>;
  readonly #stopFollowing: () => void;
  #isOpening = false;

  constructor(output: ReadonlySignal<HTMLCanvasElement | null>) {
    this.#output = output;
    this.#stopFollowing = effect(() => {
      if (output.value) this.window.value?.show(output.value);
    });
  }

  /** Opens it, or brings the picture back. To be called at once after a click. */
  async toggle(): Promise<void> {
    if (this.window.value) return this.window.value.close();
    const canvas = this.#output.value;
    if (!canvas || this.#isOpening) return;
    this.#isOpening = true;
    try {
      this.window.value = await openPictureWindow(canvas, TITLE, () => {
        this.window.value = null;
      });
    } catch {
      // The browser refused: the picture stays in the page.
    } finally {
      this.#isOpening = false;
    }
  }

  dispose(): void {
    this.#stopFollowing();
    this.window.value?.close();
  }
}
