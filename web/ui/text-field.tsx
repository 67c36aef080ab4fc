import './field.css';

interface TextFieldProps {
  label: string;
  value: string;
  onChange: (value: string) => void;
  maxLength?: number;
  placeholder?: string;
  disabled?: boolean;
  /** Shown as dots. */
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
