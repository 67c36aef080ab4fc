import { effect, type ReadonlySignal, signal } from '@preact/signals';
import { useRef } from 'preact/hooks';
import { BeforeAfter } from '../ui/before-after.tsx';
import { Button, IconButton } from '../ui/buttons.tsx';
import { ControlError } from '../ui/control-error.tsx';
import { qualityLabel } from '../ui/format.ts';
import { canOpenPictureWindow, openPictureWindow, type PictureWindow } from '../ui/picture-window.ts';
import type { Player } from './player.ts';
import { MAX_CLIP_MS, type Recorder } from './recorder.ts';
import type { Report } from './renderers.ts';
import { reportExtent, sharpeningOf, shownQuality } from './sharpening.ts';
import type { PageSound } from './sound/page-sound.ts';
import { SoundControl } from './sound/sound-controls.tsx';
import type { Size } from './source.ts';

const DEFAULT_RATIO = 16 / 9;

interface PictureStageProps {
  player: Player;
  floating: FloatingPicture;
  sound: PageSound;
}

/**
 * The sharpened picture, in Compare beside what it was made of, of one and the same frame. The result is in its own window if the person
 * wants.
 */
export function PictureStage({ player, floating, sound }: PictureStageProps) {
  const source = player.source.value;
  const size = source?.size.value ?? null;
  const isCompared = player.mode.value === 'compare';
  const { after } = player;
  const pictureWindow = floating.window.value;
  const isAway = pictureWindow?.isMoved === true;
  return (
    <>
      <BeforeAfter
        source={source && source.kind !== 'image' && !player.hasEnded ? source.element : null}
        before={isCompared || isAway ? player.before : null}
        after={isAway ? null : after}
        ratio={size ? size.width / size.height : DEFAULT_RATIO}
        beforeLabel={beforeLabel(size, isCompared)}
        afterLabel={`${isCompared ? 'After' : 'Shown'}${afterLabel(size, player.scale.value, player.report.value)}`}
        splitPercent={player.splitPercent.value}
        onSplit={(splitPercent) => {
          player.splitPercent.value = splitPercent;
        }}
        play={source?.play ?? null}
        corner={
          <>
            <SoundControl sound={sound} />
            {after && canOpenPictureWindow() && (
              <IconButton
                icon={pictureWindow ? 'pop-in' : 'pop-out'}
                label={pictureWindow ? 'Bring the sharp picture back' : 'Sharp picture in a small window'}
                onPress={() => void floating.toggle()}
                testId="picture-in-picture"
              />
            )}
          </>
        }
        overlay={source?.play?.isPaused.value && <Paused onResume={source.play.resume} />}
        testId="output"
      />
      {isAway && <p class="soft small">The sharp picture is in its own small window. Close that to bring it back.</p>}
    </>
  );
}

/** Lies over the picture of a paused game, which nothing else tells from one that hangs. */
function Paused({ onResume }: { onResume: () => void }) {
  const overlay = useRef<HTMLDivElement>(null);
  const resume = () => {
    // The button goes, and whoever goes on wants the game to have the keys.
    overlay.current?.parentElement?.querySelector<HTMLElement>('[role=application]')?.focus({ preventScroll: true });
    onResume();
  };
  return (
    <div class="paused" data-testid="paused" ref={overlay}>
      <p class="paused__title">Paused</p>
      <Button onPress={resume} primary testId="resume">
        Go on <span aria-hidden="true">(P)</span>
      </Button>
    </div>
  );
}

function beforeLabel(size: Size | null, isCompared: boolean): string {
  const what = size ? `: ${size.width} × ${size.height}` : '';
  return isCompared ? `Before${what}${size ? ', stretched' : ''}` : `Source${what}`;
}

function afterLabel(size: Size | null, scale: number, report: Report | null): string {
  // The real size where it is known: a large source may get less than the chosen scale.
  const shown = (report?.kind === 'stream' ? report.size : report) ?? (size && scaled(size, scale));
  return shown ? `: ${shown.width} × ${shown.height}, ${treatment(report)}` : '';
}

/** What was done to the picture on the page. */
export function treatment(report: Report | null): string {
  const extent = reportExtent(report);
  if (report?.kind !== 'stream') return report?.timing ? qualityLabel(report.quality) : 'not sharpened yet';
  if (extent === 'none') return 'only enlarged';
  const { byVolunteers, here } = sharpeningOf(report.stats);
  if (byVolunteers > here) return extent === 'most' ? 'with detail' : 'with some detail';
  const quality = shownQuality(report);
  if (extent === 'some') return 'partly sharpened';
  return quality === null || quality === 'spatial' ? 'sharpened' : qualityLabel(quality);
}

function scaled({ width, height }: Size, scale: number): Size {
  return { width: Math.round(width * scale), height: Math.round(height * scale) };
}

const FAILURE_ID = 'save-failure';

interface SaveButtonsProps {
  recorder: Recorder;
  /** There is a picture. */
  isEnabled: boolean;
}

/** Buttons that save pictures and record clips. */
export function SaveButtons({ recorder, isEnabled }: SaveButtonsProps) {
  const remainingS = recorder.remainingS.value;
  const failure = recorder.failure.value;
  const describedBy = failure ? FAILURE_ID : undefined;
  return (
    <div class="save-buttons">
      <Button
        onPress={() => void recorder.saveAfter()}
        disabled={!isEnabled}
        testId="save-after"
        describedBy={describedBy}
      >
        Save picture
      </Button>
      <Button
        onPress={() => void recorder.saveBoth()}
        disabled={!isEnabled}
        testId="save-both"
        describedBy={describedBy}
      >
        Save before and after
      </Button>
      {recorder.canRecord &&
        (remainingS === null ? (
          <Button
            onPress={() => void recorder.record()}
            disabled={!isEnabled}
            testId="record"
            describedBy={describedBy}
          >
            Record a clip{' '}
            <span class="soft">
              up to {MAX_CLIP_MS / 1_000} s, {recorder.hasSound ? 'with sound' : 'without sound'}
            </span>
          </Button>
        ) : (
          <Button onPress={() => recorder.stop()} disabled={remainingS === 0} primary testId="record">
            {remainingS === 0 ? 'Saving the clip…' : `Stop and save, ${remainingS} s left`}
          </Button>
        ))}
      {recorder.lacksSound.value && (
        <p class="soft small" role="alert">
          This clip has no sound: this browser cannot record it.
        </p>
      )}
      <ControlError id={FAILURE_ID} error={failure} onDismiss={() => (recorder.failure.value = null)} />
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
