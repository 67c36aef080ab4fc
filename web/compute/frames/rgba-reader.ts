import { MeshError } from '../../../shared/errors.ts';

/** A frame's visible pixels; `data` is overwritten by the reader's next frame. */
export interface FramePixels {
  width: number;
  height: number;
  data: Uint8Array<ArrayBuffer>;
}

/**
 * Gets a frame's pixels as RGBA, whatever the decoder gave (I420, NV12, BGRA): with `copyTo` where the browser converts (Chromium),
 * else by way of a 2D canvas, which every browser with VideoFrame can do.
 */
export class RgbaReader {
  #data = new Uint8Array(0);
  #canvas: OffscreenCanvas | null = null;

  /** Throws MeshError `source-ended` for a closed frame, `unsupported-browser`. */
  async read(frame: VideoFrame): Promise<FramePixels> {
    const { width, height } = frameSize(frame);
    const sizeBytes = width * height * 4;
    if (this.#data.byteLength !== sizeBytes) this.#data = new Uint8Array(sizeBytes);
    if (canConvert(frame, sizeBytes)) await frame.copyTo(this.#data, RGBA);
    else this.#draw(frame, width, height);
    return { width, height, data: this.#data };
  }

  #draw(frame: VideoFrame, width: number, height: number): void {
    if (this.#canvas?.width !== width || this.#canvas.height !== height)
      this.#canvas = new OffscreenCanvas(width, height);
    const context = this.#canvas.getContext('2d', { willReadFrequently: true });
    if (!context) throw new MeshError('unsupported-browser', 'This browser cannot read frames. Use a newer one.');
    context.clearRect(0, 0, width, height);
    context.drawImage(frame, 0, 0, width, height);
    this.#data.set(context.getImageData(0, 0, width, height).data);
  }
}

/** Throws MeshError `source-ended` for a closed frame. */
export function frameSize({ visibleRect }: VideoFrame): { width: number; height: number } {
  if (!visibleRect) throw new MeshError('source-ended', 'The frame was closed before it was sharpened.');
  return { width: visibleRect.width, height: visibleRect.height };
}

const RGBA = { format: 'RGBA', colorSpace: 'srgb' } as const;

/** A browser that ignores `format` would hand over planes instead; the size it asks for tells. */
function canConvert(frame: VideoFrame, sizeBytes: number): boolean {
  try {
    return frame.allocationSize(RGBA) === sizeBytes;
  } catch {
    // It says no by throwing: the canvas does it then.
    return false;
  }
}
