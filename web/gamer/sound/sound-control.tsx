import { IconButton } from '../../ui/buttons.tsx';
import './sound-control.css';
import type { PageSound } from './page-sound.ts';

/** Percent that a key moves the volume by. */
const STEP_PERCENT = 5;

/** Turns the sound of the source on and off, for the corner of the picture; its volume shows while it is on. */
export function SoundControl({ sound }: { sound: PageSound }) {
  if (!sound.isOffered.value) return null;
  const isOn = sound.isOn.value;
  return (
    <div class="sound-control">
      <IconButton
        icon={isOn ? 'sound-on' : 'sound-off'}
        label={isOn ? 'Turn the sound off' : 'Turn the sound on'}
        onPress={() => sound.toggle()}
        testId="sound"
      />
      {isOn && (
        <input
          class="sound-control__volume"
          type="range"
          min={0}
          max={100}
          step={STEP_PERCENT}
          aria-label="Volume"
          data-testid="volume"
          value={Math.round(sound.volume.value * 100)}
          onInput={(event) => sound.setVolume(event.currentTarget.valueAsNumber / 100)}
        />
      )}
    </div>
  );
}
