import './switch.css';
import { useId } from 'preact/hooks';

interface SwitchProps {
  label: string;
  isOn: boolean;
  onChange: (isOn: boolean) => void;
  /** A sentence below it: what it does not do, or why it cannot be switched on. */
  note?: string | undefined;
  disabled?: boolean;
  testId?: string;
}

/** A setting that is on or off, with an optional note. */
export function Switch({ label, isOn, onChange, note, disabled = false, testId }: SwitchProps) {
  const noteId = useId();
  return (
    <div class="switch">
      <label class="switch__row">
        <span class="switch__label">{label}</span>
        <input
          class="switch__input"
          type="checkbox"
          role="switch"
          checked={isOn}
          aria-checked={isOn}
          aria-describedby={note ? noteId : undefined}
          disabled={disabled}
          data-testid={testId}
          onChange={(event) => onChange(event.currentTarget.checked)}
        />
      </label>
      {note && (
        <p class="switch__note" id={noteId}>
          {note}
        </p>
      )}
    </div>
  );
}
