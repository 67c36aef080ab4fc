import { MeshError } from '../../shared/errors.ts';

/** Offers a canvas's picture as a PNG download. Rejects with MeshError `too-large` where the browser cannot encode it. */
export async function saveCanvas(canvas: HTMLCanvasElement, fileName: string): Promise<void> {
  const blob = await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve, 'image/png'));
  if (!blob)
    throw new MeshError('too-large', 'This browser cannot save a picture of this size. Choose a smaller scale.');
  const url = URL.createObjectURL(blob);
  Object.assign(document.createElement('a'), { href: url, download: fileName }).click();
  // The download has taken its reference by the next turn of the event loop.
  setTimeout(() => URL.revokeObjectURL(url));
}
