import { Button } from '../ui/buttons.tsx';
import { ControlError } from '../ui/control-error.tsx';
import { MAX_CLIP_MS, type Recorder } from './recorder.ts';

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
          <Button onPress={() => recorder.stop()} isOff={remainingS === 0} primary testId="record">
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
