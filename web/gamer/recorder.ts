import { signal } from '@preact/signals';
import type { Clock } from '../../shared/clock.ts';
import { MeshError } from '../../shared/errors.ts';
import type { Quality } from '../sdk/types.ts';
import { Clip, clipSize } from './clip.ts';
import { canRecordClips, openClipWriter } from './clip-writer.ts';
import { blankCanvas, type Comparison, copyOf, paintSplit, sideBySide, toPng } from './comparison.ts';
import type { Player } from './player.ts';
import { isEnlarged } from './sharpening.ts';
import type { PageSound } from './sound/page-sound.ts';
import { isCaptured, type SourceChoice } from './source.ts';

export const MAX_CLIP_MS = 30_000;

/** A frame is often shown first without its detail. Times that a still is taken again for it, and the time between two, ms. */
const MAX_RETAKES = 10;
const RETAKE_MS = 30;
/** How long a first pair of pictures is waited for, ms: a stream that was opened or resized a moment ago has none until its next frame. */
const FIRST_WITHIN_MS = 5_000;

interface RecorderOptions {
  player: Player;
  /** What is heard on the page. */
  sound: Pick<PageSound, 'record' | 'isOn'>;
  clock: Clock;
  download: Download;
}

/** Saves what is shown as files: pictures and clips. A clip is of what the page shows: in Compare with the divider, in Play without. */
export class Recorder {
  /** Time left to record, 0 while the file is being finished; null when no clip is being recorded. */
  readonly remainingS = signal<number | null>(null);
  /** Whether the clip that is being recorded was to have sound, and the browser gives or encodes none. */
  readonly lacksSound = signal(false);
  /** Why nothing was saved last; null where it was. */
  readonly failure = signal<MeshError | null>(null);
  readonly canRecord = canRecordClips();
  readonly #options: RecorderOptions;
  #isRecording = false;
  #clip: Clip | null = null;
  #heard: ReturnType<PageSound['record']> = null;

  constructor(options: RecorderOptions) {
    this.#options = options;
  }

  /** Whether a clip that begins now is to have sound: what is heard on the page. */
  get hasSound(): boolean {
    return this.#options.sound.isOn.value;
  }

  /** Saves the picture. */
  saveAfter(): Promise<void> {
    return this.#save('after', ({ after }) => copyOf(after));
  }

  /** Saves both pictures, side by side. */
  saveBoth(): Promise<void> {
    return this.#save('before-after', sideBySide);
  }

  /** Records until it is stopped or {@link MAX_CLIP_MS} are over. Continues through a change of source. */
  async record(): Promise<void> {
    const { player, clock, download, sound } = this.#options;
    if (this.#isRecording) return;
    this.#isRecording = true;
    this.failure.value = null;
    try {
      const first = await this.#shown();
      // Named after what is shown when the clip starts.
      const nameWith = this.#namer(player.mode.value === 'play' ? 'after' : 'before-after', first.quality);
      const context = blankCanvas(clipSize(first.after));
      first.release();
      this.#clip = new Clip({
        openWriter: async () => {
          const isSoundWanted = this.hasSound;
          this.#heard = sound.record();
          const writer = await openClipWriter(context.canvas, this.#heard?.track);
          this.lacksSound.value = isSoundWanted && !writer.hasSound;
          return writer;
        },
        draw: async () => {
          // Null while the source changes: the last picture stays.
          const shown = await player.comparison();
          if (shown) paintSplit(context, shown);
          shown?.release();
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
      this.failure.value = MeshError.from(cause, 'unsupported-browser');
    } finally {
      this.#heard?.release();
      this.#heard = null;
      this.#clip = null;
      this.#isRecording = false;
      this.lacksSound.value = false;
      this.remainingS.value = null;
    }
  }

  stop(): void {
    this.#clip?.stop();
  }

  async #save(what: 'after' | 'before-after', draw: (shown: Comparison) => HTMLCanvasElement): Promise<void> {
    const { download } = this.#options;
    this.failure.value = null;
    try {
      const shown = await this.#take();
      const nameWith = this.#namer(what, shown.quality);
      const picture = draw(shown);
      shown.release();
      download(await toPng(picture), nameWith('png'));
    } catch (cause) {
      this.failure.value = MeshError.from(cause, 'too-large');
    }
  }

  /** A sharpened picture, if one comes soon. */
  async #take(): Promise<Comparison> {
    for (let retakes = 0; ; retakes++) {
      const shown = await this.#shown();
      if (!isEnlarged(shown.quality) || retakes === MAX_RETAKES) return shown;
      shown.release();
      await this.#wait();
    }
  }

  /** Throws MeshError `source-ended` where none comes. */
  async #shown(): Promise<Comparison> {
    const { player, clock } = this.#options;
    for (const startMs = clock.now(); clock.now() - startMs < FIRST_WITHIN_MS; await this.#wait()) {
      const shown = await player.comparison();
      if (shown) return shown;
    }
    throw new MeshError(
      'source-ended',
      'No picture is shown that could be saved. Choose a source, or wait for its first frame.',
    );
  }

  #wait(): Promise<void> {
    return new Promise((resolve) => this.#options.clock.after(RETAKE_MS, resolve));
  }

  #namer(what: SavedPicture['what'], quality: Quality | null): (extension: string) => string {
    const { choice, scale } = this.#options.player;
    const picture = { choice: choice.value, quality, scale: scale.value, what };
    return (extension) => fileName({ ...picture, extension });
  }
}

interface SavedPicture {
  choice: SourceChoice;
  /** The quality it was made with; null if it is the source's, only enlarged. */
  quality: Quality | null;
  scale: number;
  /** The picture alone, or with the original. */
  what: 'after' | 'before-after';
  extension: string;
}

const SHARP: Record<Quality, string> = {
  bilinear: 'enlarged',
  bicubic: 'enlarged',
  spatial: 'sharpened',
  fast: 'fast-network',
  balanced: 'balanced-network',
  quality: 'quality-network',
  ultra: 'ultra-network',
};

/** A name that says what is in the file: `clip-sharpened-2x.png`, `game-before-after-2x.webm`, `game-quality-network-2x.png`. */
export function fileName({ choice, quality, scale, what, extension }: SavedPicture): string {
  return `${sourceName(choice)}-${what === 'after' ? afterName(quality) : what}-${scale}x.${extension}`;
}

function afterName(quality: Quality | null): string {
  return quality ? SHARP[quality] : 'enlarged';
}

function sourceName(choice: SourceChoice): string {
  if (choice.kind === 'game' || isCaptured(choice)) return choice.kind;
  return choice.file.name.replace(/\.\w+$/, '');
}

/** Saves a file through the browser's downloads. */
export type Download = (blob: Blob, fileName: string) => void;

export const download: Download = (blob, fileName) => {
  const url = URL.createObjectURL(blob);
  Object.assign(document.createElement('a'), { href: url, download: fileName }).click();
  // By the next turn of the event loop the download holds its own reference.
  setTimeout(() => URL.revokeObjectURL(url));
};
