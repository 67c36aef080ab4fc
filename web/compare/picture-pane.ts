import { effect, type ReadonlySignal } from '@preact/signals';
import { useEffect, useLayoutEffect, useState } from 'preact/hooks';
import { transformOf, type View } from './viewport.ts';

/** An element that shows the visible part of one picture, with crisp pixels. */
export class PicturePane {
  readonly element = document.createElement('div');
  readonly #canvas = document.createElement('canvas');
  readonly #stopFollowing: () => void;

  constructor(view: ReadonlySignal<View>) {
    this.element.className = 'pane';
    this.#canvas.className = 'pane__picture';
    this.element.append(this.#canvas);
    this.#stopFollowing = effect(() => {
      this.#canvas.style.transform = transformOf(view.value);
      // Touch scrolls the page until the picture is zoomed in.
      this.element.classList.toggle('pane--zoomed', view.value.zoom > 1);
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

/** A pane that lives as long as the component. @returns its element; null without a picture */
export function usePicturePane(view: ReadonlySignal<View>, image: ImageData | null): HTMLElement | null {
  const [pane, setPane] = useState<PicturePane | null>(null);
  useEffect(() => {
    const made = new PicturePane(view);
    setPane(made);
    return () => made.dispose();
  }, [view]);
  useLayoutEffect(() => {
    if (image) pane?.show(image);
  }, [pane, image]);
  return image && pane ? pane.element : null;
}
