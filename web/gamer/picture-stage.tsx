import { useRef } from 'preact/hooks';
import type { PictureSize } from '../../shared/tasks/upscale-size.ts';
import { BeforeAfter } from '../ui/before-after.tsx';
import { Button, IconButton } from '../ui/buttons.tsx';
import { ControlError } from '../ui/control-error.tsx';
import { qualityLabel } from '../ui/labels.ts';
import { canOpenPictureWindow } from '../ui/picture-window.ts';
import type { FloatingPicture } from './floating-picture.ts';
import type { Player } from './player.ts';
import type { Report } from './renderers.ts';
import { reportExtent, sharpeningOf, shownQuality } from './sharpening.ts';
import type { PageSound } from './sound/page-sound.ts';
import { SoundControl } from './sound/sound-controls.tsx';

const DEFAULT_RATIO = 16 / 9;
const FAILURE_ID = 'floating-failure';

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
                describedBy={floating.failure.value ? FAILURE_ID : undefined}
                testId="picture-in-picture"
              />
            )}
          </>
        }
        overlay={source?.play?.isPaused.value && <Paused onResume={source.play.resume} />}
        testId="output"
      />
      <ControlError
        id={FAILURE_ID}
        error={floating.failure.value}
        onDismiss={() => {
          floating.failure.value = null;
        }}
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
        Resume <span aria-hidden="true">(P)</span>
      </Button>
    </div>
  );
}

function beforeLabel(size: PictureSize | null, isCompared: boolean): string {
  const what = size ? `: ${size.width} × ${size.height}` : '';
  return isCompared ? `Before${what}${size ? ', stretched' : ''}` : `Source${what}`;
}

function afterLabel(size: PictureSize | null, scale: number, report: Report | null): string {
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

function scaled({ width, height }: PictureSize, scale: number): PictureSize {
  return { width: Math.round(width * scale), height: Math.round(height * scale) };
}
