import type { ReadonlySignal } from '@preact/signals';
import { useEffect, useLayoutEffect, useState } from 'preact/hooks';
import { Pane } from './pane.ts';
import type { View } from './view.ts';

/** A pane for as long as the component lives. @returns its element, null while there is no picture */
export function usePane(view: ReadonlySignal<View>, image: ImageData | null): HTMLElement | null {
  const [pane, setPane] = useState<Pane | null>(null);
  useEffect(() => {
    const made = new Pane(view);
    setPane(made);
    return () => made.dispose();
  }, [view]);
  useLayoutEffect(() => {
    if (image) pane?.show(image);
  }, [pane, image]);
  return image && pane ? pane.element : null;
}
