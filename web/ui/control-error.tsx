import { useEffect, useRef } from 'preact/hooks';
import './control-error.css';
import { IconButton } from './buttons.tsx';
import { errorTitle } from './format.ts';

/** What is shown of a MeshError. */
export interface ShownError {
  reason: string;
  message: string;
}

interface ControlErrorProps {
  /** For the `aria-describedby` of the control. */
  id: string;
  /** Null while nothing is wrong. */
  error: ShownError | null;
  onDismiss: () => void;
}

/** What went wrong with a control, right below it. Screen readers announce it at once. */
export function ControlError({ id, error, onDismiss }: ControlErrorProps) {
  const place = useShownOnChange<HTMLDivElement>(error);
  if (!error) return null;
  return (
    <div class="control-error" role="alert" id={id} ref={place}>
      <p>
        <strong>{errorTitle(error.reason)}.</strong> {error.message}
      </p>
      <IconButton
        icon="close"
        label="Dismiss"
        onPress={() => {
          handFocusOn(document.querySelector(`[aria-describedby~="${CSS.escape(id)}"]:not(:disabled)`));
          onDismiss();
        }}
      />
    </div>
  );
}

/**
 * Gives the focus of a button that is about to leave the page to another element, for whoever works by keyboard: the next key would start
 * at the top of the page, or steer the game. A press of the mouse leaves it alone, so that the game has the keys as before.
 */
export function handFocusOn(to: HTMLElement | null): void {
  if (document.activeElement?.matches(':focus-visible')) to?.focus({ preventScroll: true });
}

/** Scrolls an element into view whenever there is something new to say: on a phone the cause may be a screen away. */
export function useShownOnChange<E extends HTMLElement>(said: unknown) {
  const place = useRef<E>(null);
  useEffect(() => {
    // Not at all if it is in view.
    if (said) place.current?.scrollIntoView({ block: 'nearest' });
  }, [said]);
  return place;
}
