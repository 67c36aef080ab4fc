import { signal } from '@preact/signals';
import type { Clock } from '../../shared/clock.ts';
import { MeshError } from '../../shared/errors.ts';
import { Clip, clipSize } from './clip.ts';
import { canRecordClips, openClipWriter } from './clip-writer.ts';
import { blank, type Comparison, copyOf, paintSplit, sideBySide, toPng } from './comparison.ts';
import type { Download } from './download.ts';
import { fileName } from './file-names.ts';
import { shownQuality } from './messages.ts';
import type { Player } from './player.ts';

export const MAX_CLIP_MS = 30_000;

interface RecorderOptions {
  player: Player;
  clock: Clock;
  download: Download;
}

/** Keeps what is shown as files: stills and clips. */
export class Recorder {
  /** Of the clip under way, 0 while it is finished; null while there is none. */
  readonly remainingS = signal<number | null>(null);
  readonly canRecord = canRecordClips();
  readonly #options: RecorderOptions;
  #clip: Clip | null = null;

  constructor(options: RecorderOptions) {
    this.#options = options;
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
    const { player, clock, download } = this.#options;
    const shown = player.comparison();
    if (!shown || this.#clip) return;
    // Named after what is shown when the clip starts.
    const nameWith = this.#namer('before-after');
    try {
      const painter = blank(clipSize(shown.after));
      this.#clip = new Clip({
        openWriter: () => openClipWriter(painter.canvas),
        draw: () => {
          // Null while the source changes: the last picture stays.
          const now = player.comparison();
          if (now) paintSplit(painter, now);
        },
        clock,
        maxMs: MAX_CLIP_MS,
        onRemaining: (remainingS) => {
          this.remainingS.value = remainingS;
        },
      });
      const { blob, extension } = await this.#clip.finished;
      download(blob, nameWith(extension));
    } catch (cause) {
      player.mishap.value = MeshError.from(cause, 'unsupported-browser');
    } finally {
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
      download(await toPng(draw(shown)), this.#namer(what)('png'));
    } catch (cause) {
      player.mishap.value = MeshError.from(cause, 'too-large');
    }
  }

  #namer(what: 'after' | 'before-after'): (extension: string) => string {
    const { choice, quality, report, scale } = this.#options.player;
    const kept = {
      choice: choice.value,
      quality: shownQuality(report.value, quality.value),
      scale: scale.value,
      what,
    };
    return (extension) => fileName({ ...kept, extension });
  }
}
