import { Button } from '../ui/button.tsx';
import { MAX_CLIP_MS, type Recorder } from './recorder.ts';

interface KeepRowProps {
  keeper: Recorder;
  /** There is a sharp picture. */
  isSharp: boolean;
  /** There is something to compare it with. */
  hasBefore: boolean;
}

/** The ways to keep what is shown. */
export function KeepRow({ keeper, isSharp, hasBefore }: KeepRowProps) {
  const isComparable = isSharp && hasBefore;
  const remainingS = keeper.remainingS.value;
  return (
    <div class="keep-row">
      <Button onPress={() => void keeper.saveAfter()} disabled={!isSharp} testId="save-after">
        Save picture
      </Button>
      <Button onPress={() => void keeper.saveBoth()} disabled={!isComparable} testId="save-both">
        Save before and after
      </Button>
      {keeper.canRecord &&
        (remainingS === null ? (
          <Button onPress={() => void keeper.record()} disabled={!isComparable} testId="record">
            Record a clip <span class="soft">up to {MAX_CLIP_MS / 1_000} s</span>
          </Button>
        ) : (
          <Button onPress={() => keeper.stop()} disabled={remainingS === 0} primary testId="record">
            {remainingS === 0 ? 'Saving the clip…' : `Stop and save, ${remainingS} s left`}
          </Button>
        ))}
    </div>
  );
}
