import { NO_DETAIL_CODE } from '../../shared/detail.ts';
import type { FrameTime } from './frame-orientation.ts';

/** What codecs take for granted of video. The luma is data: nobody may convert it to full range or to another colour space. */
const COLOR_SPACE: VideoColorSpaceInit = {
  primaries: 'bt709',
  transfer: 'bt709',
  matrix: 'bt709',
  fullRange: false,
};

/** Codes of detail, one byte a pixel. */
export interface DetailCodes {
  codes: Uint8Array;
  width: number;
  height: number;
  /** From row to row. */
  strideBytes: number;
}

/** Makes the frames of one stream of detail: I420 whose luma is the codes, without colour. */
export class DetailFrameMaker {
  #planes = new Uint8Array(0);

  /** Copies the codes. The time is that of the source frame. */
  make({ codes, width, height, strideBytes }: DetailCodes, { timestamp, duration }: FrameTime): VideoFrame {
    const lumaBytes = width * height;
    const chromaWidth = Math.ceil(width / 2);
    const chromaBytes = chromaWidth * Math.ceil(height / 2);
    const sizeBytes = lumaBytes + 2 * chromaBytes;
    // Chroma stays as it is from frame to frame.
    if (this.#planes.byteLength !== sizeBytes) this.#planes = new Uint8Array(sizeBytes).fill(NO_DETAIL_CODE);
    if (strideBytes === width) {
      this.#planes.set(codes.subarray(0, lumaBytes));
    } else {
      for (let y = 0; y < height; y++) {
        this.#planes.set(codes.subarray(y * strideBytes, y * strideBytes + width), y * width);
      }
    }
    return new VideoFrame(this.#planes, {
      format: 'I420',
      codedWidth: width,
      codedHeight: height,
      layout: [
        { offset: 0, stride: width },
        { offset: lumaBytes, stride: chromaWidth },
        { offset: lumaBytes + chromaBytes, stride: chromaWidth },
      ],
      timestamp,
      colorSpace: COLOR_SPACE,
      ...(duration === null ? {} : { duration }),
    });
  }
}
