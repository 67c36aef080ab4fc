import { effect, type ReadonlySignal, signal } from '@preact/signals';
import { MeshError } from '../../shared/errors.ts';
import { openPictureWindow, type PictureWindow } from '../ui/picture-window.ts';

const TITLE = 'Sharpened by P2C2R';
const REFUSED =
  'The browser opened no small window, so the picture stays on the page. Press the button again; if that does not help, see that no setting, extension or other page stops picture-in-picture.';

/** Shows the sharpened picture in a small window above all others, and follows it from source to source. */
export class FloatingPicture {
  readonly window = signal<PictureWindow | null>(null);
  /** Why the window did not open last; null where it did. */
  readonly failure = signal<MeshError | null>(null);
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
    this.failure.value = null;
    try {
      this.window.value = await openPictureWindow(canvas, TITLE, () => {
        this.window.value = null;
      });
    } catch (cause) {
      this.failure.value = new MeshError('cancelled', REFUSED, { cause });
    } finally {
      this.#isOpening = false;
    }
  }

  dispose(): void {
    this.#stopFollowing();
    this.window.value?.close();
  }
}
