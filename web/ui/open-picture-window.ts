import { documentPictures, openDocumentPicture } from './document-picture.ts';
import type { PictureWindow } from './picture-window.ts';
import { canShowVideoPicture, openVideoPicture } from './video-picture.ts';

export function canOpenPictureWindow(): boolean {
  return documentPictures() !== null || canShowVideoPicture();
}

/**
 * To be called at once after a click.
 * @param onClosed - called once, by whoever it was closed
 */
export function openPictureWindow(
  canvas: HTMLCanvasElement,
  title: string,
  onClosed: () => void,
): Promise<PictureWindow> {
  const pictures = documentPictures();
  return pictures ? openDocumentPicture(pictures, canvas, title, onClosed) : openVideoPicture(canvas, onClosed);
}
