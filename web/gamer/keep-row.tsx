import { Button } from '../ui/button.tsx';
import { type Keeper, MAX_CLIP_MS } from './keeper.ts';

interface KeepRowProps {
  keeper: Keeper;
  /** There is a sharp picture. */
  isSharp: boolean;
}

/** The ways to keep what is shown. */
export function KeepRow({ keeper, isSharp }: KeepRowProps) {
  const remainingS = keeper.remainingS.value;
  return (
    <div class="keep-row">
      <Button onPress={() => void keeper.saveAfter()} disabled={!isSharp} testId="save-after">
        Save picture
      </Button>
      <Button onPress={() => void keeper.saveBoth()} disabled={!isSharp} testId="save-both">
        Save before and after
      </Button>
      {keeper.canRecord &&
        (remainingS === null ? (
          <Button onPress={() => void keeper.record()} disabled={!isSharp} testId="record">
            Record a clip <span class="soft">up to {MAX_CLIP_MS / 1_000} s</span>
          </Button>
        ) : (
          <Button onPress={() => keeper.stop()} primary testId="record">
            Stop and save <span class="figures">{remainingS} s left</span>
          </Button>
        ))}
    </div>
  );
}
