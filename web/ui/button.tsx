import type { ComponentChildren } from 'preact';
import './button.css';

interface ButtonProps {
  children: ComponentChildren;
  onPress: () => void;
  primary?: boolean;
  disabled?: boolean;
  testId?: string;
}

export function Button({ children, onPress, primary = false, disabled = false, testId }: ButtonProps) {
  return (
    <button
      type="button"
      class={primary ? 'button button--primary' : 'button'}
      disabled={disabled}
      onClick={onPress}
      data-testid={testId}
    >
      {children}
    </button>
  );
}
