import { IconButton } from '../../ui/buttons.tsx';
import { type Choice, Segmented } from '../../ui/fields.tsx';
import { canTakeTabSound, isTab } from '../capture.ts';
import type { SourceChoice } from '../source.ts';
import type { PageSound } from './page-sound.ts';
import type { ScreenSound } from './remembered-sound.ts';
import './sound-controls.css';

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
        <span class="sound-control__volume">
          <input
            type="range"
            min={0}
            max={100}
            step={STEP_PERCENT}
            aria-label="Volume"
            data-testid="volume"
            value={Math.round(sound.volume.value * 100)}
            onInput={(event) => sound.setVolume(event.currentTarget.valueAsNumber / 100)}
          />
        </span>
      )}
    </div>
  );
}

const CHOICES: readonly Choice<ScreenSound>[] = [
  { value: 'there', label: 'In its tab' },
  { value: 'here', label: 'Here, in step' },
];

const NOTES = {
  there: 'The sound stays in the tab, a moment ahead of the sharp picture.',
  here: 'The tab falls silent, and its sound plays here in step with the sharp picture. Leave “Also share tab audio” on.',
  again: 'For that, share the tab again.',
  notTaken: 'Only the sound of a tab can play here. This one stays where it is.',
  cannot: 'The sound stays where it is: this browser cannot move it.',
} as const;

/** Where the sound of a shared tab is heard, beside the way to share it. */
export function ScreenSoundChoice({ sound, choice }: { sound: PageSound; choice: SourceChoice }) {
  const screen = sound.screen.value;
  if (!canTakeTabSound()) return <p class="screen-sound__note">{NOTES.cannot}</p>;
  return (
    <div class="screen-sound">
      <Segmented
        legend="Sound of a shared tab"
        choices={CHOICES}
        value={screen}
        onChange={(chosen) => sound.setScreen(chosen)}
        testId="screen-sound"
      />
      <p class="screen-sound__note" data-testid="screen-sound-note">
        {NOTES[noteFor(screen, choice)]}
      </p>
    </div>
  );
}

/** A capture keeps what it was begun with. */
function noteFor(screen: ScreenSound, choice: SourceChoice): keyof typeof NOTES {
  if (choice.kind !== 'screen') return screen;
  if (choice.sound) return screen === 'here' ? 'here' : 'again';
  if (screen === 'there') return 'there';
  return isTab(choice.track) ? 'again' : 'notTaken';
}
