import type { ComponentChildren, RefObject } from 'preact';
import './buttons.css';
import { useRef } from 'preact/hooks';
import { useHandedOnFocus } from './focus.ts';

interface ButtonProps {
  children: ComponentChildren;
  onPress: () => void;
  primary?: boolean;
  disabled?: boolean;
  /** A press does nothing now. For what a press itself brings about: a button that is disabled loses the focus. */
  isOff?: boolean;
  /** The id of what went wrong with it. */
  describedBy?: string | undefined;
  /** What takes its focus if it leaves the page with it, instead of the status line. */
  successor?: () => Element | null | undefined;
  testId?: string;
}

export function Button(props: ButtonProps) {
  const { children, onPress, primary = false, disabled = false, isOff = false, describedBy, successor, testId } = props;
  const place = useRef<HTMLButtonElement>(null);
  useHandedOnFocus(place, successor);
  return (
    <button
      ref={place}
      type="button"
      class={primary ? 'button button--primary' : 'button'}
      disabled={disabled}
      aria-disabled={isOff ? true : undefined}
      aria-describedby={describedBy}
      onClick={isOff ? undefined : onPress}
      data-testid={testId}
    >
      {children}
    </button>
  );
}

interface TextButtonProps extends Pick<ButtonProps, 'children' | 'onPress' | 'describedBy' | 'successor' | 'testId'> {
  /** Accessible name, where the text alone does not tell it from others. */
  label?: string;
  /** For its place among what is around it. */
  class?: string;
  place?: RefObject<HTMLButtonElement>;
}

/** A button that looks like a link, for what few people press. */
export function TextButton(props: TextButtonProps) {
  const { children, onPress, describedBy, successor, testId, label, class: className = '', place } = props;
  const own = useRef<HTMLButtonElement>(null);
  useHandedOnFocus(place ?? own, successor);
  return (
    <button
      ref={place ?? own}
      type="button"
      class={`text-button ${className}`}
      aria-label={label}
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
  /** The id of what went wrong with it. */
  describedBy?: string | undefined;
  testId?: string;
}

/** A button with an icon, for the corner of a picture or of a message. */
export function IconButton({ icon, label, onPress, describedBy, testId }: IconButtonProps) {
  const place = useRef<HTMLButtonElement>(null);
  useHandedOnFocus(place);
  return (
    <button
      ref={place}
      type="button"
      class="icon-button"
      aria-label={label}
      aria-describedby={describedBy}
      title={label}
      onClick={onPress}
      data-testid={testId}
    >
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
