import type { ComponentChildren } from 'preact';
import './buttons.css';
import { useRef } from 'preact/hooks';

interface ButtonProps {
  children: ComponentChildren;
  onPress: () => void;
  primary?: boolean;
  disabled?: boolean;
  /** The id of what went wrong with it. */
  describedBy?: string | undefined;
  testId?: string;
}

export function Button({ children, onPress, primary = false, disabled = false, describedBy, testId }: ButtonProps) {
  return (
    <button
      type="button"
      class={primary ? 'button button--primary' : 'button'}
      disabled={disabled}
      aria-describedby={describedBy}
      onClick={onPress}
      data-testid={testId}
    >
      {children}
    </button>
  );
}

/** Outlines in a view box of 18 by 18. */
const PATHS = {
  expand: 'M2 7V2h5M16 7V2h-5M2 11v5h5M16 11v5h-5',
  shrink: 'M7 2v5H2M11 2v5h5M7 16v-5H2M11 16v-5h5',
  'pop-out': 'M16 8V3H2v11h5M10 11h6v5h-6z',
  'pop-in': 'M16 8V3H2v11h5M15 15l-6-6M9 13V9h4',
  'sound-on': 'M2 7v4h3l4 4V3L5 7zM12 6a4 4 0 0 1 0 6M14 3.5a8 8 0 0 1 0 11',
  'sound-off': 'M2 7v4h3l4 4V3L5 7zM12 7l4 4M16 7l-4 4',
  close: 'M4 4l10 10M14 4 4 14',
} as const;

interface IconButtonProps {
  icon: keyof typeof PATHS;
  /** Accessible name and tooltip. */
  label: string;
  onPress: () => void;
  testId?: string;
}

/** A button with an icon, for the corner of a picture or of a message. */
export function IconButton({ icon, label, onPress, testId }: IconButtonProps) {
  return (
    <button type="button" class="icon-button" aria-label={label} title={label} onClick={onPress} data-testid={testId}>
      <svg width="18" height="18" viewBox="0 0 18 18" aria-hidden="true">
        <path d={PATHS[icon]} fill="none" stroke="currentColor" stroke-width="2" stroke-linejoin="round" />
      </svg>
    </button>
  );
}

interface FileButtonProps {
  children: ComponentChildren;
  /** The file input's `accept`. */
  accept: string;
  onFile: (file: File) => void;
  primary?: boolean;
  /** The id of what went wrong with it. */
  describedBy?: string | undefined;
  /** Test id of the file input. */
  testId?: string;
}

/** A button that opens a file dialog. */
export function FileButton({ children, accept, onFile, primary = false, describedBy, testId }: FileButtonProps) {
  const input = useRef<HTMLInputElement>(null);
  return (
    <>
      <Button onPress={() => input.current?.click()} primary={primary} describedBy={describedBy}>
        {children}
      </Button>
      <input
        ref={input}
        type="file"
        accept={accept}
        hidden
        data-testid={testId}
        onChange={(event) => {
          const file = event.currentTarget.files?.[0];
          if (file) onFile(file);
          // Lets the person choose the same file again.
          event.currentTarget.value = '';
        }}
      />
    </>
  );
}
