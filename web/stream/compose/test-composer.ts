import type { Composer, RawPicture } from './composer.ts';

/** Counts what a composer was asked to do. */
export interface ComposerLedger {
  /** Loaded pictures that were not disposed. */
  open: number;
}

/** Enlarges as the browser does and adds the detail of the first pixel everywhere: quick, and its results can be recognised. */
export function canvasComposer(ledger: ComposerLedger = { open: 0 }): Composer {
  return {
    name: 'wasm',
    async load(frame) {
      const canvas = new OffscreenCanvas(frame.displayWidth, frame.displayHeight);
      canvas.getContext('2d', { willReadFrequently: true })?.drawImage(frame, 0, 0);
      ledger.open++;
      const picture: RawPicture & { canvas: OffscreenCanvas } = {
        ...{ width: canvas.width, height: canvas.height, canvas },
        dispose: () => void ledger.open--,
      };
      return picture;
    },
    async compose(raw, detail, target) {
      const { canvas } = target;
      target.drawImage((raw as RawPicture & { canvas: OffscreenCanvas }).canvas, 0, 0, canvas.width, canvas.height);
      if (!detail || detail.of !== raw) return;
      const steps = Math.max(0, (detail.weight * ((detail.codes[0] ?? 128) - 128)) / detail.gain);
      target.globalCompositeOperation = 'lighter';
      target.fillStyle = `rgb(${steps} ${steps} ${steps})`;
      target.fillRect(0, 0, canvas.width, canvas.height);
      target.globalCompositeOperation = 'source-over';
    },
    dispose() {},
  };
}
