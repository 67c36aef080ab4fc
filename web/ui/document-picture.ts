import type { PictureWindow } from './picture-window.ts';

/** Chromium's, which TypeScript's DOM does not know: a page of one's own in the small window. */
interface DocumentPictures {
  requestWindow(options: { width: number; height: number }): Promise<Window>;
}

export function documentPictures(): DocumentPictures | null {
  return (globalThis as { documentPictureInPicture?: DocumentPictures }).documentPictureInPicture ?? null;
}

/** Wide enough to see what sharpening does, small enough to stand beside something else. */
const WIDTH_PX = 480;
/** As large as the window, and whole. */
const FITTED = { width: '100%', height: '100%', objectFit: 'contain' };
const AS_BEFORE = { width: '', height: '', objectFit: '' };

/** Moves the canvas there, so that no frame is drawn twice. */
export async function openDocumentPicture(
  pictures: DocumentPictures,
  canvas: HTMLCanvasElement,
  title: string,
  onClosed: () => void,
): Promise<PictureWindow> {
  const opened = await pictures.requestWindow({
    width: WIDTH_PX,
    height: Math.round((WIDTH_PX * canvas.height) / canvas.width),
  });
  const { document } = opened;
  document.title = title;
  document.documentElement.lang = 'en';
  // Through the object model: the Content-Security-Policy of the page holds here too, and the page's own styles do not.
  Object.assign(document.documentElement.style, { height: '100%', background: '#070a0f' });
  Object.assign(document.body.style, { height: '100%', margin: '0', overflow: 'hidden' });
  let shown = canvas;
  const leave = () => Object.assign(shown.style, AS_BEFORE);
  const show = (next: HTMLCanvasElement) => {
    leave();
    shown = next;
    Object.assign(next.style, FITTED);
    document.body.replaceChildren(next);
  };
  opened.addEventListener(
    'pagehide',
    () => {
      leave();
      onClosed();
    },
    { once: true },
  );
  show(canvas);
  return { isMoved: true, show, close: () => opened.close() };
}
