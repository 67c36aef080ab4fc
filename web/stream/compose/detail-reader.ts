import { NO_DETAIL_CODE } from '../../../shared/detail.ts';
import { MeshError } from '../../../shared/errors.ts';
import type { PictureSize } from '../../../shared/tasks/upscale-size.ts';
import { RgbaReader } from '../../compute/video-frames.ts';
import { sizeOf } from '../frame-size.ts';

/** Formats whose first plane is luma: 8 bits a sample, or 10 or 12 in the low bits of two bytes. */
const PLANAR = /^(?:NV12A?|I4(?:20|22|44)A?(?:P(10|12))?)$/;
const RGB = ['RGBA', 'RGBX', 'BGRA', 'BGRX'];

/** How far a decoder may be from a flat 128, codes (codec-self-test.ts). */
const CODING_ERROR = 1;

/** Memory of so many frames is kept for further detail: a stream has few frames with detail at a time, and gives back the codes of one for each that comes. */
const MAX_FREE = 3;

/** Limited range in full-range steps (ITU-R BT.709, item 4.6). */
const BLACK = 16;
const LUMA_SCALE = 219 / 255;

/**
 * Reads the code values of decoded detail (shared/detail.ts). They are data, no brightness: where the format has a luma plane, it is copied as it
 * is. Some decoders give opaque frames, which can only be read in the browser's RGB; detail is grey, for which all matrices give red, green and
 * blue of the same value, so only the range needs to be undone.
 */
export class DetailReader {
  readonly #size: PictureSize;
  #rgb: RgbaReader | null = null;
  /** Memory that was given back, all of it of {@link #copiedBytes}. New memory costs the system as much time as the copy into it. */
  #free: Uint8Array<ArrayBuffer>[] = [];
  /** What a frame takes with all its planes. */
  #copiedBytes = 0;
  /** The RGB reader has one frame at a time. */
  #lastRead: Promise<unknown> = Promise.resolve();

  /** @param size - that the detail must have. */
  constructor(size: PictureSize) {
    this.#size = { ...size };
  }

  /**
   * Code values, row by row without gaps, which stay as they are until they are passed to {@link reuse}. The caller closes the frame, once this
   * settled. Throws MeshError `malformed` for a frame of another size or of a format that cannot carry detail, `source-ended` for a closed frame.
   */
  async read(frame: VideoFrame): Promise<Uint8Array> {
    if (!frame.visibleRect) throw new MeshError('source-ended', 'The detail was closed before it was read.');
    const { width, height } = sizeOf(frame);
    if (width !== this.#size.width || height !== this.#size.height) {
      throw MeshError.malformed(
        `Detail of ${width}x${height} arrived, not of the agreed ${this.#size.width}x${this.#size.height}.`,
      );
    }
    const format: string | null = frame.format;
    if (format === null || RGB.includes(format)) return this.#readRgb(frame);
    const planar = PLANAR.exec(format);
    if (!planar) throw MeshError.malformed(`Detail was decoded to ${format}, which cannot be read here.`);
    return this.#readLuma(frame, frame.visibleRect, Number(planar[1] ?? 8));
  }

  /** Takes codes back, once, that were read here and are not looked at any more: further detail may overwrite them. */
  reuse({ buffer }: Uint8Array): void {
    // Codes that are no part of a copied frame have memory of another size.
    if (buffer.byteLength !== this.#copiedBytes || this.#free.length >= MAX_FREE) return;
    // Sound: no memory of this reader is shared.
    this.#free.push(new Uint8Array(buffer as ArrayBuffer));
  }

  /** Copies the visible luma. The other planes come with it: WebCodecs copies all of them. */
  async #readLuma(frame: VideoFrame, visible: DOMRectReadOnly, bits: number): Promise<Uint8Array> {
    // A copied part must begin at a chroma sample, which a decoder's visible part does not always do.
    const left = visible.x % 2;
    const top = visible.y % 2;
    const { width, height } = visible;
    const rect = { x: visible.x - left, y: visible.y - top, width: width + left, height: height + top };
    const bytes = this.#memoryOf(frame.allocationSize({ rect }));
    const [luma] = await frame.copyTo(bytes, { rect });
    if (!luma) throw MeshError.malformed('Detail without pixels arrived.');
    const bytesPerCode = bits > 8 ? 2 : 1;
    const start = luma.offset + top * luma.stride + left * bytesPerCode;
    if (bytesPerCode === 1 && luma.stride === width) return bytes.subarray(start, start + width * height);
    const codes = new Uint8Array(width * height);
    for (let y = 0; y < height; y++) {
      const from = start + y * luma.stride;
      const row = codes.subarray(y * width, (y + 1) * width);
      if (bytesPerCode === 1) row.set(bytes.subarray(from, from + width));
      else toEightBits(bytes.subarray(from, from + 2 * width), bits, row);
    }
    this.reuse(bytes);
    return codes;
  }

  #memoryOf(sizeBytes: number): Uint8Array<ArrayBuffer> {
    if (sizeBytes !== this.#copiedBytes) this.#free = [];
    this.#copiedBytes = sizeBytes;
    return this.#free.pop() ?? new Uint8Array(sizeBytes);
  }

  #readRgb(frame: VideoFrame): Promise<Uint8Array> {
    const reading = this.#lastRead.then(async () => {
      this.#rgb ??= new RgbaReader();
      const { data } = await this.#rgb.read(frame);
      return codesOf(data, isFullRange(frame));
    });
    this.#lastRead = reading.catch(() => {
      // Whoever reads that frame gets the error.
    });
    return reading;
  }
}

/** Detail is declared to be in limited range, and RGB does not say what range it was converted from. */
function isFullRange({ format, colorSpace }: VideoFrame): boolean {
  return format === null && colorSpace.fullRange === true;
}

/** The codes that the browser converted to grey: the green channel has the smallest rounding errors. */
function codesOf(rgba: Uint8Array, isFull: boolean): Uint8Array {
  const codes = new Uint8Array(rgba.length / 4);
  const code = Uint8Array.from({ length: 256 }, (_, grey) => (isFull ? grey : Math.round(grey * LUMA_SCALE + BLACK)));
  for (let i = 0; i < codes.length; i++) codes[i] = code[rgba[i * 4 + 1] ?? 0] ?? 0;
  return codes;
}

/** Little-endian samples, rounded to 8 bits. */
function toEightBits(samples: Uint8Array, bits: number, codes: Uint8Array): void {
  const shift = bits - 8;
  const half = 1 << (shift - 1);
  for (let x = 0; x < codes.length; x++) {
    const sample = (samples[2 * x] ?? 0) | ((samples[2 * x + 1] ?? 0) << 8);
    codes[x] = Math.min((sample + half) >> shift, 255);
  }
}

/** Whether codes add nothing: those of a keyframe that only later detail is coded upon. */
export function isNoDetail(codes: Uint8Array): boolean {
  return codes.every((code) => Math.abs(code - NO_DETAIL_CODE) <= CODING_ERROR);
}
