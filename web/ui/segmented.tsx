import { useId } from 'preact/hooks';
import './segmented.css';

export interface Choice<Value extends string> {
  value: Value;
  label: string;
}

interface SegmentedProps<Value extends string> {
  legend: string;
  choices: readonly Choice<Value>[];
  value: Value;
  onChange: (value: Value) => void;
  testId?: string;
}

/** Radio buttons that look like a segmented control, with the usual keyboard and screen reader behaviour. */
export function Segmented<Value extends string>({ legend, choices, value, onChange, testId }: SegmentedProps<Value>) {
  const name = useId();
  return (
    <fieldset class="segmented" data-testid={testId}>
      <legend class="segmented__legend">{legend}</legend>
      <div class="segmented__options">
        {choices.map((choice) => (
          <label class="segmented__option" key={choice.value}>
            <input
              class="segmented__input"
              type="radio"
              name={name}
              value={choice.value}
              checked={choice.value === value}
              onChange={() => onChange(choice.value)}
            />
            <span class="segmented__label">{choice.label}</span>
          </label>
        ))}
      </div>
    </fieldset>
  );
}
