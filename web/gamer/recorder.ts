import { signal } from '@preact/signals';
import type { Clock } from '../../shared/clock.ts';
import { MeshError } from '../../shared/errors.ts';
import { Clip } from './clip.ts';
import { ClipCanvas } from './clip-canvas.ts';
import type { ClipFormat } from './clip-format.ts';
import { type Comparison, copyOf, sideBySide, toPng } from './comparison.ts';
import type { Download } from './download.ts';
import { fileName } from './file-names.ts';
import { shownQuality } from './messages.ts';
import type { Player } from './player.ts';
import { withDuration } from './webm-duration.ts';

export const MAX_CLIP_MS = 30_000;
/** Sharp edges are what a clip is there to show. */
const CLIP_BITS_PER_SECOND = 8_000_000;

interface RecorderOptions {
  player: Player;
  clock: Clock;
  download: Download;
  /** Null: this browser records no clips. */
  format: ClipFormat | null;
}

/** Keeps what is shown as files: stills and clips. */
export class Recorder {
  /** Of the clip under way, 0 while it is finished; null while there is none. */
  readonly remainingS = signal<number | null>(null);
  readonly canRecord: boolean;
  readonly #options: RecorderOptions;
  #clip: Clip | null = null;

  constructor(options: RecorderOptions) {
    this.#options = options;
    this.canRecord = options.format !== null;
  }

  /** The sharp picture of this moment. */
  saveAfter(): Promise<void> {
    return this.#save('after', ({ after }) => copyOf(after));
  }

  /** Both pictures of this moment, side by side. */
  saveBoth(): Promise<void> {
    return this.#save('before-after', sideBySide);
  }

  /** Until it is stopped, or for as long as a clip may be. Goes on through a change of source. */
  async record(): Promise<void> {
    const { player, clock, download, format } = this.#options;
    const shown = player.comparison();
    if (!format || !shown || this.#clip) return;
    const name = this.#nameOf('before-after', format.extension);
    let canvas: ClipCanvas | null = null;
    try {
      const drawn = new ClipCanvas(shown.after, () => player.comparison());
      canvas = drawn;
      const settings = { mimeType: format.mimeType, videoBitsPerSecond: CLIP_BITS_PER_SECOND };
      this.#clip = new Clip({
        recorder: new MediaRecorder(drawn.stream, settings),
        clock,
        maxMs: MAX_CLIP_MS,
        onRemaining: (remainingS) => {
          this.remainingS.value = remainingS;
          if (remainingS === 0) drawn.hold();
        },
      });
      download(await withDuration(await this.#clip.finished), name);
    } catch (cause) {
      player.mishap.value = MeshError.from(cause, 'unsupported-browser');
    } finally {
      canvas?.dispose();
      this.#clip = null;
      this.remainingS.value = null;
    }
  }

  stop(): void {
    this.#clip?.stop();
  }

  async #save(what: 'after' | 'before-after', draw: (shown: Comparison) => HTMLCanvasElement): Promise<void> {
    const { player, download } = this.#options;
    const shown = player.comparison();
    if (!shown) return;
    try {
      download(await toPng(draw(shown)), this.#nameOf(what, 'png'));
    } catch (cause) {
      player.mishap.value = MeshError.from(cause, 'too-large');
    }
  }

  #nameOf(what: 'after' | 'before-after', extension: string): string {
    const { choice, quality, report, scale } = this.#options.player;
    const made = shownQuality(report.value, quality.value);
    return fileName({ choice: choice.value, quality: made, scale: scale.value, what, extension });
  }
}
