import type { Quality } from '../sdk/types.ts';
import { BeforeAfter } from '../ui/before-after.tsx';
import { IconButton } from '../ui/icon-button.tsx';
import { canOpenPictureWindow } from '../ui/open-picture-window.ts';
import { qualityWords } from '../ui/quality-messages.ts';
import type { FloatingPicture } from './floating-picture.ts';
import { isSharpened, shownQuality } from './messages.ts';
import type { Player } from './player.ts';
import type { Report } from './show.ts';
import type { Size } from './source.ts';

const DEFAULT_RATIO = 16 / 9;

/** Before and after, on the page or in a window of their own. */
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
        afterLabel={afterLabel(size, player.scale.value, player.quality.value, player.report.value)}
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

function afterLabel(size: Size | null, scale: number, quality: Quality, report: Report | null): string {
  const made = shownQuality(report, quality);
  const done = made === 'spatial' ? 'sharpened' : qualityWords(made);
  const how = report && isSharpened(report) ? done : 'not sharpened yet';
  // As it is where there is one: a large source may not be given all of its scale.
  const shown = (report?.kind === 'live' ? report.size : report) ?? (size && scaled(size, scale));
  return shown ? `After: ${shown.width} × ${shown.height}, ${how}` : 'After';
}

function scaled({ width, height }: Size, scale: number): Size {
  return { width: Math.round(width * scale), height: Math.round(height * scale) };
}
