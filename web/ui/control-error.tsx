import { useEffect, useRef } from 'preact/hooks';
import './control-error.css';
import { IconButton } from './buttons.tsx';
import { handFocusOn } from './focus.ts';
import { errorTitle } from './labels.ts';

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
          // Its controls, of which some may be hidden or wait.
          handFocusOn(...document.querySelectorAll(`[aria-describedby~="${CSS.escape(id)}"]`));
          onDismiss();
        }}
      />
    </div>
  );
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
