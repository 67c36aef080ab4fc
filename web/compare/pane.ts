import { effect, type ReadonlySignal } from '@preact/signals';
import { transformOf, type View } from './view.ts';

/** A window on one picture, magnified with crisp pixels. */
export class Pane {
  readonly element = document.createElement('div');
  readonly #canvas = document.createElement('canvas');
  readonly #stopFollowing: () => void;

  constructor(view: ReadonlySignal<View>) {
    this.element.className = 'pane';
    this.#canvas.className = 'pane__picture';
    this.element.append(this.#canvas);
    this.#stopFollowing = effect(() => {
      this.#canvas.style.transform = transformOf(view.value);
      // A finger scrolls the page until there is something to move.
      this.element.classList.toggle('pane--near', view.value.zoom > 1);
    });
  }

  show(image: ImageData): void {
    this.#canvas.width = image.width;
    this.#canvas.height = image.height;
    this.#canvas.getContext('2d', { alpha: false })?.putImageData(image, 0, 0);
  }

  dispose(): void {
    this.#stopFollowing();
    this.element.remove();
  }
}
