import { effect, type ReadonlySignal, signal } from '@preact/signals';
import type { Quality } from '../sdk/types.ts';
import { BeforeAfter } from '../ui/before-after.tsx';
import { Button, IconButton } from '../ui/buttons.tsx';
import { qualityLabel } from '../ui/format.ts';
import { canOpenPictureWindow, openPictureWindow, type PictureWindow } from '../ui/picture-window.ts';
import type { Player } from './player.ts';
import { MAX_CLIP_MS, type Recorder } from './recorder.ts';
import { isSharpened, type Report, shownQuality } from './renderers.ts';
import type { Size } from './source.ts';

const DEFAULT_RATIO = 16 / 9;

/** Before and after on the page, with the sharpened picture in its own window if the person wants. */
export function PictureStage({ player, floating }: { player: Player; floating: FloatingPicture }) {
  const source = player.source.value;
  const size = source?.size.value ?? null;
  const output = player.output.value;
  const pictureWindow = floating.window.value;
  const isAway = pictureWindow?.isMoved === true;
  return (
    <>
      <BeforeAfter
        before={source && !player.hasEnded ? source.before : null}
        after={isAway ? null : output}
        ratio={size ? size.width / size.height : DEFAULT_RATIO}
        beforeLabel={size ? `Before: ${size.width} × ${size.height}, stretched` : 'Before'}
        afterLabel={afterLabel(size, player.scale.value, player.report.value)}
        splitPercent={player.splitPercent.value}
        onSplit={(splitPercent) => {
          player.splitPercent.value = splitPercent;
        }}
        play={source?.play ?? null}
        corner={
          output &&
          canOpenPictureWindow() && (
            <IconButton
              icon={pictureWindow ? 'pop-in' : 'pop-out'}
              label={pictureWindow ? 'Bring the sharp picture back' : 'Sharp picture in a small window'}
              onPress={() => void floating.toggle()}
              testId="picture-in-picture"
            />
          )
        }
        testId="output"
      />
      {isAway && <p class="soft small">The sharp picture is in its own small window. Close that to bring it back.</p>}
    </>
  );
}

function afterLabel(size: Size | null, scale: number, report: Report | null): string {
  const isLeft = report?.kind === 'stream' && report.stats.quality === null && report.stats.lowered === 'too-slow';
  const soft = isLeft ? 'not sharpened' : 'not sharpened yet';
  const how = report && isSharpened(report) && !isLeft ? sharpLabel(shownQuality(report)) : soft;
  // The real size where it is known: a large source may get less than the chosen scale.
  const shown = (report?.kind === 'stream' ? report.size : report) ?? (size && scaled(size, scale));
  return shown ? `After: ${shown.width} × ${shown.height}, ${how}` : 'After';
}

/** @param quality - null while a single frame is shown as captured. */
function sharpLabel(quality: Quality | null): string {
  return quality === null || quality === 'spatial' ? 'sharpened' : qualityLabel(quality);
}

function scaled({ width, height }: Size, scale: number): Size {
  return { width: Math.round(width * scale), height: Math.round(height * scale) };
}

interface SaveButtonsProps {
  recorder: Recorder;
  /** There is a sharpened picture. */
  isSharp: boolean;
  /** There is an original to compare it with. */
  hasBefore: boolean;
}

/** Buttons that save pictures and record clips. */
export function SaveButtons({ recorder, isSharp, hasBefore }: SaveButtonsProps) {
  const isComparable = isSharp && hasBefore;
  const remainingS = recorder.remainingS.value;
  return (
    <div class="save-buttons">
      <Button onPress={() => void recorder.saveAfter()} disabled={!isSharp} testId="save-after">
        Save picture
      </Button>
      <Button onPress={() => void recorder.saveBoth()} disabled={!isComparable} testId="save-both">
        Save before and after
      </Button>
      {recorder.canRecord &&
        (remainingS === null ? (
          <Button onPress={() => void recorder.record()} disabled={!isComparable} testId="record">
            Record a clip <span class="soft">up to {MAX_CLIP_MS / 1_000} s</span>
          </Button>
        ) : (
          <Button onPress={() => recorder.stop()} disabled={remainingS === 0} primary testId="record">
            {remainingS === 0 ? 'Saving the clip…' : `Stop and save, ${remainingS} s left`}
          </Button>
        ))}
    </div>
  );
}

const TITLE = 'Sharpened by P2C2R';

/** Shows the sharpened picture in a small window above all others, and follows it from source to source. */
export class FloatingPicture {
  readonly window = signal<PictureWindow | null>(null);
  readonly #output: ReadonlySignal<HTMLCanvasElement | null>;
  readonly #stopFollowing: () => void;
  #isOpening = false;

  constructor(output: ReadonlySignal<HTMLCanvasElement | null>) {
    this.#output = output;
    this.#stopFollowing = effect(() => {
      if (output.value) this.window.value?.show(output.value);
    });
  }

  /** Opens or closes the window. Browsers require a click, so call it directly in the handler. */
  async toggle(): Promise<void> {
    if (this.window.value) return this.window.value.close();
    const canvas = this.#output.value;
    if (!canvas || this.#isOpening) return;
    this.#isOpening = true;
    try {
      this.window.value = await openPictureWindow(canvas, TITLE, () => {
        this.window.value = null;
      });
    } catch {
      // The browser refused, so the picture stays on the page.
    } finally {
      this.#isOpening = false;
    }
  }

  dispose(): void {
    this.#stopFollowing();
    this.window.value?.close();
  }
}
