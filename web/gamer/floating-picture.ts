import { effect, type ReadonlySignal, signal } from '@preact/signals';
import { openPictureWindow, type PictureWindow } from '../ui/picture-window.ts';

const TITLE = 'Sharpened by P2C2R';

/** Shows the sharpened picture in a small window above all others, and follows it from source to source. */
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

  /** Opens or closes the window. Browsers require a click, so call it directly in the handler. */
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
      // The browser refused, so the picture stays on the page.
    } finally {
      this.#isOpening = false;
    }
  }

  dispose(): void {
    this.#stopFollowing();
    this.window.value?.close();
  }
}
