import type { Radio, RadioPlace } from '../game/game-work.ts';
import type { VolunteerInfo } from '../sdk/types.ts';
import { type Choice, Segmented } from '../ui/fields.tsx';
import { nameOf } from './messages.ts';

const PLACES: readonly Choice<RadioPlace>[] = [
  { value: 'volunteers', label: 'Volunteers' },
  { value: 'local', label: 'Here' },
  { value: 'off', label: 'Off' },
];

interface RadioProps {
  radio: Radio;
}

/** What a rival says now, under the picture. */
export function RadioCaption({ radio }: RadioProps) {
  const line = radio.line.value;
  return (
    <p class="radio-caption" data-testid="radio" aria-live="polite">
      {line && (
        <>
          <strong>{line.speaker}</strong> {line.text}
          {line.mood && <span class="soft small"> ({line.mood})</span>}
        </>
      )}
    </p>
  );
}

/** Who speaks for the rivals, with a switch. */
export function RadioRow({ radio, volunteers }: RadioProps & { volunteers: readonly VolunteerInfo[] }) {
  const where = radio.where.value;
  return (
    <li class="game-hud__part">
      <Segmented
        legend="Radio"
        choices={PLACES}
        value={where}
        onChange={(place) => radio.setWhere(place)}
        testId="where-radio"
      />
      <p class="game-hud__status">
        <span class="soft small" data-testid="who-radio">
          {where === 'off' ? 'The rivals are silent.' : whoText(radio, volunteers)}
        </span>
      </p>
    </li>
  );
}

function whoText({ line }: Radio, volunteers: readonly VolunteerInfo[]): string {
  const by = line.value?.by;
  if (by === 'game') return 'The last line was the game’s own: nobody spoke in time.';
  if (!by) return 'A language model speaks for the rivals, if it is there in time.';
  return `The last line was said by ${by === 'local' ? 'this computer' : nameOf(by, volunteers)}.`;
}
