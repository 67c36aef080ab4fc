import type { RefObject } from 'preact';
import './fields.css';
import { useId, useRef } from 'preact/hooks';
import { Button } from './buttons.tsx';
import { useClipboard } from './clipboard.ts';

interface TextFieldProps {
  label: string;
  value: string;
  onChange: (value: string) => void;
  maxLength?: number;
  placeholder?: string;
  disabled?: boolean;
  /** Hides the characters, as for a password. */
  isSecret?: boolean;
}

export function TextField({
  label,
  value,
  onChange,
  maxLength,
  placeholder,
  disabled = false,
  isSecret = false,
}: TextFieldProps) {
  return (
    <label class="field">
      <span class="field__label">{label}</span>
      <input
        class="field__control"
        type={isSecret ? 'password' : 'text'}
        value={value}
        maxLength={maxLength}
        placeholder={placeholder}
        disabled={disabled}
        autocomplete="off"
        spellcheck={false}
        onInput={(event) => onChange(event.currentTarget.value)}
      />
    </label>
  );
}

interface SelectFieldProps<Value extends string> {
  label: string;
  choices: readonly Choice<Value>[];
  value: Value;
  onChange: (value: Value) => void;
  disabled?: boolean;
}

export function SelectField<Value extends string>({
  label,
  choices,
  value,
  onChange,
  disabled = false,
}: SelectFieldProps<Value>) {
  return (
    <label class="field">
      <span class="field__label">{label}</span>
      <select
        class="field__control"
        value={value}
        disabled={disabled}
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

const COPY_OUTCOMES = { copied: 'Copied', refused: 'Press Ctrl+C' } as const;

interface CopyFieldProps {
  label: string;
  text: string;
  /** Reference to the text field. */
  place?: RefObject<HTMLInputElement>;
}

/** A read-only text with a button that copies it. */
export function CopyField({ label, text, place }: CopyFieldProps) {
  const id = useId();
  const own = useRef<HTMLInputElement>(null);
  const input = place ?? own;
  const { outcome, copy } = useClipboard();
  const press = async () => {
    // Selected, one key press copies it.
    if (!(await copy(text))) input.current?.select();
  };

  return (
    <div class="copy-field">
      <label class="field" for={id}>
        <span class="field__label">{label}</span>
        <input
          id={id}
          ref={input}
          class="field__control"
          readOnly
          value={text}
          onFocus={(e) => e.currentTarget.select()}
        />
      </label>
      <Button onPress={() => void press()}>
        <span aria-live="polite">{outcome ? COPY_OUTCOMES[outcome] : 'Copy'}</span>
      </Button>
    </div>
  );
}

export interface Choice<Value extends string> {
  value: Value;
  label: string;
}

interface SegmentedProps<Value extends string> {
  legend: string;
  choices: readonly Choice<Value>[];
  value: Value;
  onChange: (value: Value) => void;
  /** The id of what went wrong with it. */
  describedBy?: string | undefined;
  testId?: string;
}

/** Radio buttons that look like a segmented control, with the usual keyboard and screen reader behaviour. */
export function Segmented<Value extends string>(props: SegmentedProps<Value>) {
  const { legend, choices, value, onChange, describedBy, testId } = props;
  const name = useId();
  return (
    <fieldset class="segmented" aria-describedby={describedBy} data-testid={testId}>
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
