/** A small window above all others that shows a canvas. */
export interface PictureWindow {
  /** The canvas itself is there until the window closes; else the window shows a copy. */
  readonly isMoved: boolean;
  /** Shows another one instead. */
  show(canvas: HTMLCanvasElement): void;
  close(): void;
}
