import type { PictureSize } from '../../../shared/tasks/upscale-size.ts';
import { isUpright, orientationOf } from '../../compute/frame-orientation.ts';
import { RgbaReader } from '../../compute/video-frames.ts';
import { sizeOf } from '../frame-size.ts';

/** Luma, in 8-bit levels, of a picture; only the rows that are looked at are filled. */
export interface LumaPlane extends PictureSize {
  bytes: Uint8Array;
  offset: number;
  stride: number;
}

/** Formats whose first plane is 8-bit luma, and those of four bytes a pixel, by the place of red. */
const PLANAR = /^(?:NV12|I4(?:20|22|44))A?$/;
const RED_FIRST = /^RGB[AX]$/;
const BLUE_FIRST = /^BGR[AX]$/;

/** Reads some rows of frames' luma, as cheaply as their format allows: limited range is left as it is. One frame at a time. */
export class LumaReader {
  readonly #rgba = new RgbaReader();
  #bytes = new Uint8Array(0);
  #luma = new Uint8Array(0);

  /**
   * Null where the browser cannot. The caller closes the frame. The next frame overwrites the plane. Throws what the browser throws, and MeshError as
   * RgbaReader does.
   *
   * @param rows - those that are filled, in any order; any outside the picture are left out.
   */
  async read(frame: VideoFrame, rows: Iterable<number>): Promise<LumaPlane | null> {
    const { format } = frame;
    const size = sizeOf(frame);
    const isPacked = RED_FIRST.test(format ?? '') || BLUE_FIRST.test(format ?? '');
    const isDirect = isUpright(orientationOf(frame)) && (isPacked || PLANAR.test(format ?? ''));
    if (!isDirect) {
      const { data, width, height } = await this.#rgba.read(frame);
      return this.#fromPacked({ width, height, bytes: data, offset: 0, stride: 4 * width }, rows, false);
    }
    const sizeBytes = frame.allocationSize();
    if (this.#bytes.length !== sizeBytes) this.#bytes = new Uint8Array(sizeBytes);
    const [first] = await frame.copyTo(this.#bytes);
    if (!first) return null;
    const plane = { ...size, bytes: this.#bytes, offset: first.offset, stride: first.stride };
    return isPacked ? this.#fromPacked(plane, rows, BLUE_FIRST.test(format ?? '')) : plane;
  }

  #fromPacked(
    { width, height, bytes, offset, stride }: LumaPlane,
    rows: Iterable<number>,
    isBlueFirst: boolean,
  ): LumaPlane {
    if (this.#luma.length !== width * height) this.#luma = new Uint8Array(width * height);
    const isFilled = new Uint8Array(height);
    const luma = this.#luma;
    // A pixel is one word, the first channel in the lowest byte: reading it at once is twice as fast.
    const words = new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength >> 2);
    const [redShift, blueShift] = isBlueFirst ? [16, 0] : [0, 16];
    for (const y of rows) {
      if (y < 0 || y >= height || isFilled[y]) continue;
      isFilled[y] = 1;
      for (let x = 0, from = (offset + y * stride) >> 2, to = y * width; x < width; x++, from++, to++) {
        const word = words[from] ?? 0;
        // BT.709 in 256ths.
        luma[to] =
          (54 * ((word >> redShift) & 255) + 183 * ((word >> 8) & 255) + 19 * ((word >> blueShift) & 255)) >> 8;
      }
    }
    return { width, height, bytes: luma, offset: 0, stride: width };
  }
}
