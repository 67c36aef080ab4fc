import type { Choice } from './segmented.tsx';
import './field.css';

interface SelectFieldProps<Value extends string> {
  label: string;
  choices: readonly Choice<Value>[];
  value: Value;
  onChange: (value: Value) => void;
}

export function SelectField<Value extends string>({ label, choices, value, onChange }: SelectFieldProps<Value>) {
  return (
    <label class="field">
      <span class="field__label">{label}</span>
      <select
        class="field__control"
        value={value}
        onChange={(event) => {
          const chosen = choices.find((choice) => choice.value === event.currentTarget.value);
          if (chosen) onChange(chosen.value);
        }}
      >
        {choices.map((choice) => (
          <option key={choice.value} value={choice.value}>
            {choice.label}
          </option>
        ))}
      </select>
    </label>
  );
}
