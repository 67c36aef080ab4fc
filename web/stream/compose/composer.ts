/** The pixels of a source frame, kept for composition after the frame was closed. Whoever loaded it disposes it. */
export interface RawPicture {
  readonly width: number;
  readonly height: number;
  dispose(): void;
}

/** A volunteer's detail, and how it is added (shared/detail.ts). */
export interface AppliedDetail {
  /** Code values of the output size, row by row without gaps. */
  codes: Uint8Array;
  /** Codes for one 8-bit level. */
  gain: number;
  /** Share of the detail that is added; less than 1 where a network exaggerates. */
  weight: number;
  /** Distance of a code from no detail up to which it adds nothing: what is left of a codec's noise. */
  deadZoneCodes: number;
  /** Most that is added to a pixel, 8-bit levels; by default MAX_ADDED_LEVELS (shared/detail.ts). More only where another picture covers a part of it. */
  maxSteps?: number;
  /**
   * The picture that the detail belongs to. Detail of another picture than the composed one is added only where the source stood still, by the
   * rule of still-tiles.ts.
   */
  of: RawPicture;
}

export const COMPOSER_NAMES = ['wasm', 'webgl', 'webgpu'] as const;
export type ComposerName = (typeof COMPOSER_NAMES)[number];

/**
 * Enlarges source frames with the filter that detail refers to, and adds detail. Pictures are opaque: translucent pixels are shown over black, as
 * on a stream's canvas.
 */
export interface Composer {
  /** What computes: the processor, or the GPU by one of two ways. */
  readonly name: ComposerName;
  /**
   * Copies the upright visible pixels, as `drawImage` shows them; the caller closes the frame. Throws MeshError `source-ended` for a closed
   * frame, `closed`, `device-lost`, `unsupported-browser`.
   */
  load(frame: VideoFrame): Promise<RawPicture>;
  /**
   * Draws a picture of this composer, with detail if given, over the whole canvas, whose size is that of the result: 1 to 4 times the picture's on
   * each axis. Throws MeshError `bad-input` for a picture of another composer or that was disposed, and for another ratio; `malformed` for
   * detail of another size; `closed`, `device-lost`, `unsupported-browser`.
   */
  compose(raw: RawPicture, detail: AppliedDetail | null, target: OffscreenCanvasRenderingContext2D): Promise<void>;
  /** Frees everything; pictures included. */
  dispose(): void;
}
